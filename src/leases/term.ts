/** A stretch of time in which this process alone does a role's work. */
export interface Term {
  /** To be asked right before each effect, in the same turn: false as soon as another process may have taken over. */
  isHeld(): boolean;
}

/** Of a role that no other process can do: its store is in this process's data folder. */
export const ENDLESS_TERM: Term = { isHeld: () => true };

/**
 * Time passed on this machine, in milliseconds: by the monotonic clock, which stands still while a machine is
 * suspended, or by the wall clock, whichever says more. For who must not take too little for true.
 */
export class Elapsed {
  private readonly monotonicMs = performance.now();
  private readonly wallMs: number;

  constructor(private readonly now: () => number) {
    this.wallMs = now();
  }

  get ms(): number {
    return Math.max(performance.now() - this.monotonicMs, this.now() - this.wallMs);
  }
}

/** A term by a lease: held for a while after the sending of its last renewal. */
export class LeaseTerm implements Term {
  private isOver = false;

  constructor(
    readonly number: number,
    private revision: bigint,
    private renewed: Elapsed,
    private readonly heldForMs: number,
  ) {}

  isHeld(): boolean {
    return !this.isOver && this.leftMs > 0;
  }

  get leftMs(): number {
    return this.heldForMs - this.renewed.ms;
  }

  /** The revision of the lease's last event that is this term's. */
  get lastRevision(): bigint {
    return this.revision;
  }

  /** `sent`: begun before the renewal was sent. */
  renew(revision: bigint, sent: Elapsed): void {
    this.revision = revision;
    this.renewed = sent;
  }

  /** Not held from now on, whatever a renewal on its way comes to. */
  end(): void {
    this.isOver = true;
  }
}
