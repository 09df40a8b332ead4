import type { Clock } from '../clock.js';
import type { CustomerStore } from '../customers/customer-store.js';
import type { PlacesTable } from './places-table.js';

const CHECK_MS = 3000;

/** During an import the list changes all the time: reading it must not take more than a sixth of this process's time. */
const REST_PER_SYNC = 5;

/** Keeps the places equal to the customer list until it is stopped: at the start, and within seconds of each change. */
export class PlacesSync {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  /** Why the last sync failed, null when it did not; the next one comes within seconds. */
  lastError: string | null = null;

  constructor(
    private readonly places: Pick<PlacesTable, 'sync'>,
    private readonly customers: CustomerStore,
    private readonly clock: Clock,
  ) {}

  /** Resolves after the first sync, also a failed one. */
  async start(): Promise<void> {
    const { signal } = this.stopping;
    const tookMs = await this.sync(signal);
    this.running = this.watch(tookMs, signal);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async watch(firstTookMs: number, signal: AbortSignal): Promise<void> {
    for (let tookMs = firstTookMs; ; ) {
      await this.clock.sleep(Math.max(CHECK_MS, tookMs * REST_PER_SYNC), signal);
      if (signal.aborted) return;
      tookMs = await this.sync(signal);
    }
  }

  private async sync(signal: AbortSignal): Promise<number> {
    const startMs = this.clock.now();
    try {
      await this.places.sync(this.customers, signal);
      this.lastError = null;
    } catch (error) {
      this.lastError = error instanceof Error ? error.message : String(error);
    }
    return this.clock.now() - startMs;
  }
}
