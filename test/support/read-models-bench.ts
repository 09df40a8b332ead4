import { systemClock } from '../../src/clock.js';
import type { CustomerStore } from '../../src/customers/customer-store.js';
import type { SensorPlace } from '../../src/customers/customer.js';
import { LibsqlEventStore } from '../../src/event-store/libsql-event-store.js';
import { ALL_PROJECTIONS } from '../../src/projections/all-projections.js';
import { LibsqlProjectionSink } from '../../src/projections/libsql-projection-sink.js';
import { ProjectionRunner } from '../../src/projections/projection-runner.js';
import { append, newDir, type ProjectedEvent } from './projection-events.js';
import { waitFor } from './wait-for.js';

/** A real event store with the embedded read models following it, and places as a spec says. */
export class ReadModelsBench {
  private version = 0;

  private constructor(
    readonly dir: string,
    readonly store: LibsqlEventStore,
    readonly sink: LibsqlProjectionSink,
    private readonly runner: ProjectionRunner,
  ) {}

  static async open(dir = newDir()): Promise<ReadModelsBench> {
    const store = await LibsqlEventStore.open(dir, { clock: systemClock });
    const sink = await LibsqlProjectionSink.open(dir, 'store of the spec');
    const runner = new ProjectionRunner(ALL_PROJECTIONS, store, sink, systemClock, () => undefined);
    await runner.start();
    return new ReadModelsBench(dir, store, sink, runner);
  }

  async append(events: readonly ProjectedEvent[]): Promise<void> {
    for (const event of events) await append(this.store, [event]);
  }

  /** Makes these the places of all sensors. */
  async place(places: readonly SensorPlace[]): Promise<void> {
    const version = `${this.dir} ${(this.version += 1)}`;
    const sorted = [...places].sort((a, b) => a.sensorId - b.sensorId);
    const list: Pick<CustomerStore, 'places' | 'version'> = {
      version: () => Promise.resolve(version),
      async *places() {
        for (let from = 0; from < sorted.length; from += 1000) yield sorted.slice(from, from + 1000);
      },
    };
    await this.sink.places.sync(list as CustomerStore);
  }

  /** Resolves when the embedded read models have every event. */
  settle(): Promise<void> {
    return waitFor('the embedded read models', async () => (await this.runner.status()).every(({ running, lagEvents }) => running && lagEvents === 0));
  }

  async close(): Promise<void> {
    await this.runner.stop();
    await this.sink.close();
    await this.store.close();
  }
}
