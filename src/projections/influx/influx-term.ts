import type { TermWork } from '../../leases/leased-role.js';
import type { Term } from '../../leases/term.js';
import type { WriteTerm } from './influx-client.js';

/** While this process is the one that writes to InfluxDB. At its end what is under way is broken off: the next one writes the same again. */
export class InfluxTerm implements TermWork, WriteTerm {
  private readonly over = new AbortController();

  constructor(private readonly term: Term) {}

  isHeld(): boolean {
    return !this.over.signal.aborted && this.term.isHeld();
  }

  get signal(): AbortSignal {
    return this.over.signal;
  }

  async stop(): Promise<void> {
    this.over.abort(new Error('the process that writes to InfluxDB changes'));
  }

  async retire(): Promise<void> {
    await this.stop();
  }
}
