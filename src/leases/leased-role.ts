import { within, type Clock } from '../clock.js';
import { crashPoint } from '../crash-point.js';
import { StoreUnavailable } from '../event-store/event-store.js';
import type { LeaseState, LeaseStream } from './lease-stream.js';
import { Elapsed, ENDLESS_TERM, LeaseTerm, type Term } from './term.js';

/** The work that one process at a time does: sending the e-mails, publishing to topic COUNT, writing to InfluxDB, and ending shelvings by time. */
export type SingleActiveRole = 'notify' | 'count' | 'influx' | 'unshelve';

/** In milliseconds. */
export interface LeaseTimes {
  /** The others take over when they have seen no renewal for so long. */
  readonly ttlMs: number;
  /** The holder stops so long before that, so that what it has just begun is over. */
  readonly marginMs: number;
  readonly renewEveryMs: number;
  /** How often the others look. */
  readonly lookEveryMs: number;
}

/** A dead holder is replaced within 7 s; the store may be away for 3 s without a change. */
export const LEASE_TIMES: LeaseTimes = { ttlMs: 6000, marginMs: 1000, renewEveryMs: 1500, lookEveryMs: 500 };

/** How long a release may hold up the end of the process; without it the others wait for `ttlMs`. */
const RELEASE_LIMIT_MS = 500;

/** The work of one term. */
export interface TermWork {
  /** Ends it in order, within the time that a process has for its end. The lease is still held. */
  stop(): Promise<void>;
  /** The lease is lost: no further effect is begun, and what was done is recorded, however long the store is away. */
  retire(): Promise<void>;
}

export interface LeaseStatus {
  readonly role: SingleActiveRole;
  /** `active`: the work is done here; `standby`: elsewhere, or nobody knows where; `idle`: before the start and after the stop. */
  readonly state: 'active' | 'standby' | 'idle';
  /** Who held the lease when it was last read; null for nobody, and where no lease is needed. */
  readonly owner: string | null;
  readonly term: number;
  /** How often this process has taken and lost it since its start. */
  readonly taken: number;
  readonly lost: number;
  /** Why the lease can't be read or renewed; null once it can. */
  readonly lastError: string | null;
}

/** Where changes and problems are told; a pino logger fits. */
export interface RoleLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

export interface LeasedRoleOptions<Work extends TermWork> {
  readonly role: SingleActiveRole;
  /** Null where the store is of this process alone: then there is nobody to agree with. */
  readonly lease: LeaseStream | null;
  /** This process, at this start: no other may use the name. */
  readonly owner: string;
  readonly clock: Clock;
  readonly begin: (term: Term) => Work;
  readonly log: RoleLog;
  readonly times?: LeaseTimes;
}

/** What a process that does not hold the lease has seen of it. */
interface Sighting {
  readonly revision: bigint | null;
  /** By this process's monotonic clock: clocks of two machines are never compared. */
  readonly sinceMs: number;
}

/**
 * Does a role's work while this process holds the role's lease, and looks out for it while another does.
 *
 * The holder counts from before it sends a renewal, the others from after they have seen it; so it has stopped when
 * one of them takes over, wherever the clocks stand. What is done by a holder that was frozen at the wrong moment
 * is refused by the streams that it writes to: each append says which event it follows.
 */
export class LeasedRole<Work extends TermWork> {
  private readonly stopping = new AbortController();
  /** The work of lost terms that has not come to rest. */
  private readonly retiring = new Set<Work>();
  private readonly times: LeaseTimes;
  private readonly stopped: Promise<void>;
  private running: Promise<void> | null = null;
  private current: Work | null = null;
  private owner: string | null = null;
  private term = 0;
  private taken = 0;
  private lost = 0;
  private lastError: string | null = null;

  constructor(private readonly options: LeasedRoleOptions<Work>) {
    this.times = options.times ?? LEASE_TIMES;
    this.stopped = new Promise((resolve) => this.stopping.signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Ends the work in order, then releases the lease, so that another process need not wait. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await Promise.all([...this.retiring].map((work) => work.stop()));
  }

  /** The work that is done here now; null while another process does it. */
  get work(): Work | null {
    return this.current;
  }

  status(): LeaseStatus {
    const { owner, term, taken, lost, lastError, options, stopping, running, current } = this;
    const isIdle = running === null || stopping.signal.aborted;
    return { role: options.role, state: isIdle ? 'idle' : current ? 'active' : 'standby', owner, term, taken, lost, lastError };
  }

  private async run(): Promise<void> {
    const { lease, begin } = this.options;
    if (lease === null) {
      this.current = begin(ENDLESS_TERM);
      await this.stopped;
      await this.current.stop();
      this.current = null;
      return;
    }
    while (!this.stopping.signal.aborted) {
      // A store that gives no answer does not hold up the stop.
      const term = await Promise.race([this.take(lease), this.stopped.then(() => null)]);
      if (term) await this.serve(lease, term);
    }
  }

  /** Waits until the lease is free and takes it; null when the role is stopped. */
  private async take(lease: LeaseStream): Promise<LeaseTerm | null> {
    const { clock, owner } = this.options;
    let sighting: Sighting | null = null;
    while (!this.stopping.signal.aborted) {
      try {
        const state = await lease.read(this.times.ttlMs);
        const revision = state?.revision ?? null;
        if (sighting === null || sighting.revision !== revision) sighting = { revision, sinceMs: performance.now() };
        this.note(state);
        // What this process has lost and nobody has taken is its own to take again.
        const isFree = state === null || state.isReleased || state.owner === owner || performance.now() - sighting.sinceMs >= state.ttlMs;
        const term = isFree ? await this.tryToTake(lease, state) : null;
        if (term) return term;
      } catch (error) {
        this.problem('the lease can’t be read or taken', error);
      }
      await clock.sleep(this.times.lookEveryMs, this.stopping.signal);
    }
    return null;
  }

  private async tryToTake(lease: LeaseStream, before: LeaseState | null): Promise<LeaseTerm | null> {
    const { owner, clock } = this.options;
    const { ttlMs, marginMs } = this.times;
    await lease.keepNewestOnly();
    const number = (before?.term ?? 0) + 1;
    const sent = new Elapsed(() => clock.now());
    const revision = await lease.append('LeaseTaken', { owner, term: number, ttlMs }, before?.revision ?? null, () => sent.ms < ttlMs - marginMs);
    if (revision === null) return null;
    crashPoint('lease-taken');
    this.note({ owner, term: number });
    const term = new LeaseTerm(number, revision, sent, ttlMs - marginMs);
    return term.isHeld() ? term : null;
  }

  /** Does the work until the lease is lost or the role is stopped. */
  private async serve(lease: LeaseStream, term: LeaseTerm): Promise<void> {
    const { begin, log, role } = this.options;
    this.taken += 1;
    log.info({ role, term: term.number }, 'this process does the role’s work from now on');
    const work = begin(term);
    this.current = work;
    const over = new AbortController();
    const renewing = this.keepRenewing(lease, term, over.signal);
    await Promise.race([renewing, this.expired(term, over.signal), this.stopped]);
    over.abort();
    const isOrderly = this.stopping.signal.aborted && term.isHeld();
    if (isOrderly) {
      await work.stop();
      await within(this.options.clock, RELEASE_LIMIT_MS, this.release(lease, term, renewing));
      term.end();
    } else {
      term.end();
      this.lost += 1;
      log.warn({ role, term: term.number }, 'the lease is lost: another process may do the role’s work now');
      this.retiring.add(work);
      void this.retire(work);
    }
    this.current = null;
  }

  private async retire(work: Work): Promise<void> {
    try {
      await work.retire();
    } catch (error) {
      this.problem('the work of a lost term did not end well', error);
    } finally {
      this.retiring.delete(work);
    }
  }

  /** Resolves when a renewal is refused, or `over` is aborted. */
  private async keepRenewing(lease: LeaseStream, term: LeaseTerm, over: AbortSignal): Promise<void> {
    const { clock, owner } = this.options;
    const { ttlMs, renewEveryMs } = this.times;
    for (;;) {
      await clock.sleep(renewEveryMs, over);
      if (over.aborted || !term.isHeld()) return;
      const sent = new Elapsed(() => clock.now());
      try {
        const revision = await lease.append('LeaseRenewed', { owner, term: term.number, ttlMs }, term.lastRevision, () => term.isHeld() && !over.aborted);
        if (revision === null) return term.end();
        term.renew(revision, sent);
        this.lastError = null;
      } catch (error) {
        this.problem('the lease was not renewed', error);
      }
    }
  }

  private async expired(term: LeaseTerm, over: AbortSignal): Promise<void> {
    while (!over.aborted && term.isHeld()) await this.options.clock.sleep(term.leftMs, over);
  }

  private async release(lease: LeaseStream, term: LeaseTerm, renewing: Promise<void>): Promise<void> {
    const { owner } = this.options;
    try {
      await renewing; // one that is on its way moves the revision
      if (!term.isHeld()) return;
      term.end(); // whoever reads of the release may begin: work that its stop has not waited for must not
      await lease.append('LeaseReleased', { owner, term: term.number, ttlMs: this.times.ttlMs }, term.lastRevision, () => false);
      this.note(null);
    } catch (error) {
      this.problem('the lease was not released', error);
    }
  }

  private note(state: (Pick<LeaseState, 'owner' | 'term'> & { readonly isReleased?: boolean }) | null): void {
    this.owner = state === null || state.isReleased === true ? null : state.owner;
    if (state) this.term = state.term;
    this.lastError = null;
  }

  private problem(what: string, error: unknown): void {
    this.lastError = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    // A store that is away is told of by its own part of the health.
    if (!(error instanceof StoreUnavailable)) this.options.log.warn({ err: error, role: this.options.role }, what);
  }
}
