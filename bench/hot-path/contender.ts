/** What a contender of the hot path says of its run, as one line of JSON. */
export interface ContenderResult {
  readonly records: number;
  /** From the first record to the last. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly residentMb: number;
  readonly alarms: number | null;
}

/** Measures this process from the first record on. */
export class Measurement {
  private started: { readonly at: number; readonly cpu: NodeJS.CpuUsage } | null = null;
  private residentBytes = 0;
  private readonly sampling = setInterval(() => this.sample(), 100);

  begin(): void {
    this.started ??= { at: performance.now(), cpu: process.cpuUsage() };
  }

  end(records: number, alarms: number | null): ContenderResult {
    clearInterval(this.sampling);
    this.sample();
    if (this.started === null) throw new Error('no record came');
    const { user, system } = process.cpuUsage(this.started.cpu);
    return { records, seconds: (performance.now() - this.started.at) / 1000, cpuSeconds: (user + system) / 1e6, residentMb: this.residentBytes / 1024 ** 2, alarms };
  }

  private sample(): void {
    this.residentBytes = Math.max(this.residentBytes, process.memoryUsage.rss());
  }
}
