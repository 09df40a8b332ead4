import { SensorCommands } from '../../src/alarm-life/sensor-commands.js';
import { systemClock, type Clock } from '../../src/clock.js';
import { LibsqlEventStore } from '../../src/event-store/libsql-event-store.js';
import { LibsqlMessageLog } from '../../src/message-log/libsql-message-log.js';
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

/** A sensor of which it was noted so long ago that it had been silent for some time: to wait for that takes more than half a minute of its path. */
export function silenceOf(sensorId: number, agoMs: number, silentForMs: number): BeforeStart {
  return async (dataDir) => {
    const clock = clockAgo(agoMs);
    const store = await LibsqlEventStore.open(dataDir, { clock });
    await new SensorCommands(store, clock, 0).execute(sensorId, { type: 'note-silence', intervalMs: 2000, silentForMs });
    await store.close();
  };
}

function clockAgo(agoMs: number): Clock {
  return { ...systemClock, now: () => Date.now() - agoMs };
}
