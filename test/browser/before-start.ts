import { systemClock, type Clock } from '../../src/clock.js';
import { LibsqlEventStore } from '../../src/event-store/libsql-event-store.js';
import { partitionOf } from '../../src/ingestion/last-seen.js';
import { LibsqlMessageLog } from '../../src/message-log/libsql-message-log.js';
import { append, life } from '../support/projection-events.js';
import { jsonOf, type PostedReading } from './served-product.js';

/** What a data folder may have before the product begins in it. */
export type BeforeStart = (dataDir: string) => Promise<void>;

/** A reading that the log took so long ago. */
export function readingOf(reading: PostedReading, agoMs: number): BeforeStart {
  return async (dataDir) => {
    const log = await LibsqlMessageLog.open(dataDir, { clock: clockAgo(agoMs) });
    await log.append('ENTRY', [{ key: String(reading.id), value: Buffer.from(jsonOf(reading)), headers: {} }]);
    await log.close();
  };
}

/**
 * Readings that the log took so long ago: `sensorId` sent one every two seconds, then nothing, while another sensor of its partition was heard of for as long as
 * `silentForMs`. By the log's times the product then finds it silent as soon as it looks. In the
 * source's own form, which is passed over record by record: a backlog of others is handled in batches, each of one time.
 */
export function silenceOf(sensorId: number, agoMs: number, silentForMs: number): BeforeStart {
  return async (dataDir) => {
    let ms = systemClock.now() - agoMs;
    const log = await LibsqlMessageLog.open(dataDir, { clock: { ...systemClock, now: () => ms } });
    const send = async (id: number, count: number) => {
      for (let sent = 0; sent < count; sent += 1) {
        await log.append('ENTRY', [{ key: String(id), value: Buffer.from(`{"${id}", "false", "false", "20.0", "30.0"}`), headers: {} }]);
        ms += INTERVAL_MS;
      }
    };
    await send(sensorId, 20);
    await send(neighbourOf(sensorId), silentForMs / INTERVAL_MS);
    await log.close();
  };
}

/** Sensors that were found silent before the product began, by the events of it. */
export function silentSensors(sensorIds: readonly number[]): BeforeStart {
  return async (dataDir) => {
    const store = await LibsqlEventStore.open(dataDir, { clock: systemClock });
    await append(store, sensorIds.map((sensorId, second) => life('SensorWentSilent', { sensorId, intervalMs: 60_000, silentForMs: 300_000 }, second)));
    await store.close();
  };
}

const INTERVAL_MS = 2000;

/** Another sensor of the same partition: a partition's time is that of its records. */
function neighbourOf(sensorId: number): number {
  let id = sensorId + 1;
  while (partitionOf(id) !== partitionOf(sensorId)) id += 1;
  return id;
}

function clockAgo(agoMs: number): Clock {
  return { ...systemClock, now: () => Date.now() - agoMs };
}
