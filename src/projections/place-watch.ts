import type { Clock } from '../clock.js';
import type { CustomerStore } from '../customers/customer-store.js';
import type { PlacesTable } from './places-table.js';

const CHECK_MS = 3000;

/** Keeps the places equal to the customer list until it is stopped: at the start, and within seconds of each change. */
export class PlaceWatch {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  /** Why the last sync failed, null when it did not; the next one comes after `CHECK_MS`. */
  lastError: string | null = null;

  constructor(
    private readonly places: Pick<PlacesTable, 'sync'>,
    private readonly customers: CustomerStore,
    private readonly clock: Clock,
  ) {}

  /** Resolves after the first sync, also a failed one. */
  async start(): Promise<void> {
    await this.sync();
    this.running = this.watch(this.stopping.signal);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async watch(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.clock.sleep(CHECK_MS, signal);
      if (signal.aborted) return;
      await this.sync();
    }
  }

  private async sync(): Promise<void> {
    try {
      await this.places.sync(this.customers);
      this.lastError = null;
    } catch (error) {
      this.lastError = error instanceof Error ? error.message : String(error);
    }
  }
}
