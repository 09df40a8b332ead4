/** What a contender of the hot path says of its run, as one line of JSON; from the first record to the last. */
export interface Measured {
  /** Milliseconds since 1970 UTC. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly cpuSeconds: number;
  /** The most; null where it was not measured. */
  readonly residentMb: number | null;
}

/** What a process says that was given the partitions of another, which had not joined yet: its run is none. */
export const INCOMPLETE_GROUP = 'the group was not complete';

/** Measures this process from the first record on. */
export class Measurement {
  private started: { readonly at: number; readonly cpu: NodeJS.CpuUsage } | null = null;
  private residentBytes = 0;
  private readonly sampling = setInterval(() => this.sample(), 100);

  begin(): void {
    this.started ??= { at: performance.now(), cpu: process.cpuUsage() };
  }

  end(): Measured {
    clearInterval(this.sampling);
    this.sample();
    if (this.started === null) throw new Error('no record came');
    const { user, system } = process.cpuUsage(this.started.cpu);
    const { timeOrigin } = performance;
    return { startedAtMs: timeOrigin + this.started.at, endedAtMs: timeOrigin + performance.now(), cpuSeconds: (user + system) / 1e6, residentMb: this.residentBytes / 1024 ** 2 };
  }

  private sample(): void {
    this.residentBytes = Math.max(this.residentBytes, process.memoryUsage.rss());
  }
}
