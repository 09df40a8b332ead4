import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SensorEvent } from '../src/alarm-domain/alarm-events.js';
import type { SensorMessage } from '../src/alarm-domain/sensor-message.js';
import { decide, evolve, INITIAL_SENSOR, sensorStream } from '../src/alarm-domain/sensor.js';
import { SOURCE_STRIKE_POLICY } from '../src/alarm-domain/strike-policy.js';
import { isoTime, systemClock } from '../src/clock.js';
import { toAppend } from '../src/event-store/event-codec.js';
import { LibsqlEventStore } from '../src/event-store/libsql-event-store.js';
import { idOf } from '../src/ingestion/deterministic-id.js';
import { ALL_PROJECTIONS } from '../src/projections/all-projections.js';
import { LibsqlProjectionSink } from '../src/projections/libsql-projection-sink.js';
import { ProjectionRunner } from '../src/projections/projection-runner.js';
import { median, perSecond, spread, type BenchCase } from './bench-case.js';

const START_MS = Date.parse('2026-03-01T00:00:00Z');

/** Building every read model anew from the first event. */
export const rebuild: BenchCase = async ({ isQuick, progress }) => {
  const rounds = isQuick ? 2000 : 30_000;
  const runs = isQuick ? 1 : 3;
  const dir = mkdtempSync(join(tmpdir(), 'vigia-bench-'));
  const store = await LibsqlEventStore.open(dir, { clock: systemClock });
  progress(`storing the events of ${rounds.toLocaleString('en-US')} rounds`);
  const events = await fill(store, rounds);
  const sink = await LibsqlProjectionSink.open(dir);
  const runner = new ProjectionRunner(ALL_PROJECTIONS, store, sink, systemClock, (name, error) => console.error(name, error));
  await runner.start();
  while ((await runner.status()).some(({ lagEvents }) => lagEvents > 0)) await systemClock.sleep(50);
  const rates = new Map<string, number[]>(runner.names.map((name) => [name, []]));
  const together: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    let seconds = 0;
    for (const name of runner.names) {
      const report = await runner.rebuild(name);
      if (!report.equal) throw new Error(`${name}: the rebuilt read model differs from the live one`);
      seconds += report.durationMs / 1000;
      rates.get(name)?.push(events / (report.durationMs / 1000));
      progress(`run ${run + 1} of ${runs}, ${name}: ${perSecond(events / (report.durationMs / 1000))}`);
    }
    together.push(events / seconds);
  }
  await runner.stop();
  await sink.close();
  await store.close();
  rmSync(dir, { recursive: true });
  return {
    title: 'Rebuild of the read models, embedded',
    about: [
      `An event store of ${events.toLocaleString('en-US')} sensor events (${rounds.toLocaleString('en-US')} times three strikes, an alarm, a recovery, over 50,000 sensors).`,
      'Events of the store per second of each rebuild; each ends with a comparison with the live read model, row for row.',
      `“All three” is one after the other; the goal is 30,000 (median here: ${Math.round(median(together)).toLocaleString('en-US')}).`,
    ].join('\n'),
    columns: ['read model', 'events/s'],
    rows: [...[...rates].map(([name, values]) => [name, spread(values)]), ['all three', spread(together)]],
  };
};

/** Real decisions: smoke, smoke, smoke, OK per round, each round of another sensor. */
async function fill(store: LibsqlEventStore, rounds: number): Promise<number> {
  let count = 0;
  let waiting: Promise<unknown>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const sensorId = (round * 7919) % 50_000;
    const events: SensorEvent[] = [];
    let state = INITIAL_SENSOR;
    for (let step = 0; step < 4; step += 1) {
      const receivedAt = isoTime(START_MS + round * 1000 + step * 100);
      const facts = { source: { log: 'bench', topic: step === 3 ? 'OK' : 'ENTRY', partition: 0, epoch: 0, offset: round * 4 + step }, messageId: null, sensorAt: null, receivedAt, readAt: receivedAt };
      const message: SensorMessage =
        step === 3
          ? { type: 'ok', ...facts, sensorId }
          : { type: 'reading', ...facts, reading: { sensorId, movement: false, smoke: true, temperatureCelsius: 20, maxTemperatureCelsius: 30 } };
      const decision = decide(state, message, { policy: SOURCE_STRIKE_POLICY, recordedAt: receivedAt, idOf });
      if (decision.type !== 'events') throw new Error(`round ${round}: ${decision.type}`);
      events.push(...decision.events);
      state = decision.events.reduce(evolve, state);
    }
    count += events.length;
    waiting.push(store.append(sensorStream(sensorId), events.map(toAppend), 'any'));
    if (waiting.length === 256) {
      await Promise.all(waiting);
      waiting = [];
    }
  }
  await Promise.all(waiting);
  return count;
}
