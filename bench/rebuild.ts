import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/clock.js';
import { LibsqlEventStore } from '../src/event-store/libsql-event-store.js';
import { ALL_PROJECTIONS } from '../src/projections/all-projections.js';
import { LibsqlProjectionSink } from '../src/projections/libsql-projection-sink.js';
import { ProjectionRunner } from '../src/projections/projection-runner.js';
import { AlarmHistory, EVENTS_PER_ALARM } from './alarm-history.js';
import { median, perSecond, spread, type BenchCase } from './bench-case.js';

/** Building every read model anew from the first event. */
export const rebuild: BenchCase = async ({ isQuick, progress }) => {
  const alarms = isQuick ? 2000 : 30_000;
  const runs = isQuick ? 1 : 3;
  const dir = mkdtempSync(join(tmpdir(), 'vigia-bench-'));
  const store = await LibsqlEventStore.open(dir, { clock: systemClock });
  progress(`storing ${alarms.toLocaleString('en-US')} alarms`);
  const history = new AlarmHistory();
  await history.fill(store, alarms * EVENTS_PER_ALARM);
  const { events } = history;
  const sink = await LibsqlProjectionSink.open(dir);
  const runner = new ProjectionRunner(ALL_PROJECTIONS, store, sink, systemClock, (name, error) => console.error(name, error));
  await runner.start();
  while ((await runner.status()).some(({ lagEvents }) => lagEvents > 0)) await systemClock.sleep(50);
  const rates = new Map<string, number[]>(runner.names.map((name) => [name, []]));
  const inTurn: number[] = [];
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
    inTurn.push(events / seconds);
    const { durationMs, readModels } = await runner.rebuildAll();
    const wrong = readModels.filter((each) => 'problem' in each || !each.equal);
    if (wrong.length > 0) throw new Error(`rebuilt together: ${JSON.stringify(wrong)}`);
    together.push(events / (durationMs / 1000));
    progress(`run ${run + 1} of ${runs}, all together: ${perSecond(events / (durationMs / 1000))}`);
  }
  await runner.stop();
  await sink.close();
  await store.close();
  rmSync(dir, { recursive: true });
  return {
    title: 'Rebuild of the read models, embedded',
    about: [
      `An event store of ${events.toLocaleString('en-US')} events (${alarms.toLocaleString('en-US')} times three strikes, an alarm, its e-mail asked for, claimed and sent, a recovery, an acknowledgement, over 50,000 sensors).`,
      'Events of the store per second of each rebuild; each ends with a comparison with the live read model, row for row.',
      `All together, each event read once (\`vigia rebuild --all\`): the goal is 30,000 (median here: ${Math.round(median(together)).toLocaleString('en-US')}).`,
    ].join('\n'),
    columns: ['read model', 'events/s'],
    rows: [...[...rates].map(([name, values]) => [name, spread(values)]), ['all, one after the other', spread(inTurn)], ['all, together', spread(together)]],
  };
};
