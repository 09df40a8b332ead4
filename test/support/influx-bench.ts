import { pino } from 'pino';
import { systemClock } from '../../src/clock.js';
import type { InfluxConfig } from '../../src/config.js';
import type { SensorPlace } from '../../src/customers/customer.js';
import { LeasedRole } from '../../src/leases/leased-role.js';
import { InfluxModels } from '../../src/projections/influx/influx-models.js';
import type { InfluxWriter, LeaseOfInflux } from '../../src/projections/influx/influx-writer.js';
import type { MapAndCountsUnderTest } from '../contracts/map-and-counts.contract.js';
import type { InfluxServer } from '../servers/influxdb.js';
import { at, recovered, triggered, type ProjectedEvent } from './projection-events.js';
import { ReadModelsBench } from './read-models-bench.js';
import { waitFor } from './wait-for.js';

/** How a spec's bucket is reached; `url` may be a proxy's. */
export function influxConfig(server: InfluxServer, bucket: string, more: Partial<InfluxConfig> = {}): InfluxConfig {
  return { url: server.url, org: server.org, token: server.token, bucket, retentionMs: null, ...more };
}

/** Read models on one folder, embedded and in a real InfluxDB; opened anew on the same folder it is a restart. */
export class InfluxBench implements MapAndCountsUnderTest {
  private constructor(
    readonly local: ReadModelsBench,
    readonly influx: InfluxModels,
    readonly writer: InfluxWriter,
    readonly bucket: string,
  ) {}

  static async open(config: InfluxConfig, dir?: string): Promise<InfluxBench> {
    const local = await ReadModelsBench.open(dir);
    const log = pino({ level: 'silent' });
    const alone: LeaseOfInflux = (begin) => new LeasedRole({ role: 'influx', lease: null, owner: 'bench', clock: systemClock, log, begin });
    const influx = await InfluxModels.open(config, local.sink, local.store, systemClock, log, alone);
    await influx.start();
    return new InfluxBench(local, influx, influx.writer as InfluxWriter, config.bucket);
  }

  get dir(): string {
    return this.local.dir;
  }

  /** Answered by InfluxDB alone. */
  get reads() {
    return this.influx.reads.influx;
  }

  append(events: readonly ProjectedEvent[]): Promise<void> {
    return this.local.append(events);
  }

  async place(places: readonly SensorPlace[]): Promise<void> {
    await this.local.place(places);
    await waitFor('the read models in InfluxDB', () => this.isCaughtUp());
    await this.writer.takeSnapshot();
  }

  async settle(): Promise<void> {
    await this.local.settle();
    await waitFor('InfluxDB has every event', () => this.isCaughtUp(), 60_000);
  }

  async isCaughtUp(): Promise<boolean> {
    return (await this.writer.runner.status()).every(({ running, lagEvents, lastError }) => running && lagEvents === 0 && lastError === null);
  }

  /** What is wrong with a projection, once something is. */
  async failure(name: string): Promise<string> {
    let found = '';
    await waitFor(`a failure of ${name}`, async () => {
      found = (await this.writer.runner.status()).find((status) => status.name === name)?.lastError ?? '';
      return found !== '';
    });
    return found;
  }

  async close(): Promise<void> {
    await this.influx.stop();
    await this.local.close();
  }
}

/** 40 sensors, some of them at one place. */
export const PLACES: SensorPlace[] = Array.from({ length: 40 }, (_, n) => ({ sensorId: n, geohash: `gcpvj0du${n % 10}`, zone: 'UK' }));

/** The day of the events of specs. */
export const DAY = { from: at(-86_400), to: at(86_400) };

/** Some 60 alarms of which a third end, from a number on. */
export const storm = (from: number): ProjectedEvent[] =>
  Array.from({ length: 60 }, (_, n) => {
    const alarm = { alarm: `storm ${from + n}`, sensorId: n % 45, type: n % 2 === 0 ? 'smoke' : 'motion', second: from + n } as const;
    return n % 3 === 0 ? [triggered(alarm), recovered(alarm)] : [triggered(alarm)];
  }).flat();

/** InfluxDB answers what the embedded read models answer, to the last sensor and alarm. */
export async function expectExact({ influx }: InfluxBench): Promise<void> {
  const [ours, embedded] = [influx.reads.influx, influx.reads.embedded];
  for (const [length, zone] of [[9], [1], [4, 'UK']] as const) {
    const { position: _ours, ...map } = await ours.cells(length, zone);
    const { position: _theirs, ...expected } = await embedded.cells(length, zone);
    expect(map).toEqual(expected);
  }
  expect(await ours.perMinute(DAY)).toEqual(await embedded.perMinute(DAY));
}
