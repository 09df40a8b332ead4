import type { SessionContext } from './consumer-session.js';

const ASK_AGAIN_MS = 200;

/** How far ENTRY is handled over all its partitions, by this member and the others. */
export class EntryProgress {
  constructor(
    private readonly context: SessionContext,
    /** The offset after what this member has handled of a partition, null when it is another's. */
    private readonly handledHere: (partition: number) => number | null,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Resolves when every reading is handled that the log has taken by now and was appended at `throughMs` at the
   * latest; tells whether it is, false when the signal was aborted. A later one does not matter: the OK leaves it.
   * So two members who wait for each other's ENTRY never wait for what the other holds back.
   */
  async untilHandled(throughMs: number): Promise<boolean> {
    const { clock, log } = this.context;
    let ends: readonly number[] | null = null;
    while (!this.signal.aborted) {
      try {
        ends ??= await this.endsOf(throughMs);
        if (await this.isHandled(ends)) return true;
      } catch (error) {
        log.debug({ err: error }, 'asking how far ENTRY is failed; asked again');
      }
      await clock.sleep(ASK_AGAIN_MS, this.signal);
    }
    return false;
  }

  private get partitions(): readonly number[] {
    return Array.from({ length: this.context.partitions }, (_, number) => number);
  }

  /** The end first: where there is no later record at the second look, all up to the first belong to it. */
  private async endsOf(throughMs: number): Promise<readonly number[]> {
    const { cluster } = this.context;
    const ends = await cluster.offsets('ENTRY', this.partitions, 'end');
    const later = await cluster.offsets('ENTRY', this.partitions, { fromMs: throughMs + 1 });
    return this.partitions.map((number) => Math.min(ends[number] ?? 0, later[number] ?? Infinity));
  }

  private async isHandled(ends: readonly number[]): Promise<boolean> {
    const { foreignKeys, committedEntry } = this.context;
    const here = this.partitions.map(this.handledHere);
    if (!here.includes(null)) return here.every((handled, number) => handled! >= ends[number]!);
    // Who does not know of foreign keys yet may ignore a reading for an alarm that the OK has ended.
    if (!foreignKeys.areKnownToAll(performance.now())) return false;
    const committed = await committedEntry();
    return here.every((handled, number) => (handled ?? committed[number] ?? -1) >= ends[number]!);
  }
}
