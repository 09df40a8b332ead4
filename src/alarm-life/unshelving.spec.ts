import { append, mail, triggered } from '../../test/support/projection-events.js';
import { ReadModelsBench } from '../../test/support/read-models-bench.js';
import { SkippableClock } from '../../test/support/skippable-clock.js';
import { waitFor } from '../../test/support/wait-for.js';
import type { SensorUnshelved } from '../alarm-domain/alarm-life-events.js';
import { sensorStream } from '../alarm-domain/sensor.js';
import { isoTime } from '../clock.js';
import { ENDLESS_TERM, type Term } from '../leases/term.js';
import { SensorListReads } from '../projections/sensor-list-reads.js';
import { SensorCommands } from './sensor-commands.js';
import { Unshelving } from './unshelving.js';

const HOUR_MS = 3_600_000;

let bench: ReadModelsBench;
let clock: SkippableClock;
let problems: unknown[];
const running: Unshelving[] = [];

beforeEach(async () => {
  bench = await ReadModelsBench.open();
  clock = new SkippableClock();
  problems = [];
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
  await bench.close();
});

const commands = () => new SensorCommands(bench.store, clock, 24 * HOUR_MS);
const shelve = (sensorId: number, ms: number) => commands().execute(sensorId, { type: 'shelve', by: 'ana', reason: 'test', until: isoTime(clock.now() + ms), hasNote: false });

function start(term: Term = ENDLESS_TERM): void {
  const unshelving = new Unshelving({ shelved: new SensorListReads(bench.sink), commands: commands(), clock, term, problem: (error) => problems.push(error) });
  running.push(unshelving);
  unshelving.start();
}

async function unshelvings(sensorId: number): Promise<SensorUnshelved['data'][]> {
  const found: SensorUnshelved['data'][] = [];
  for await (const { type, data } of bench.store.readStream(sensorStream(sensorId))) if (type === 'SensorUnshelved') found.push(data as SensorUnshelved['data']);
  return found;
}

const untilUnshelved = (sensorId: number, times = 1) => waitFor(`the end of the shelving of sensor ${sensorId}`, async () => (await unshelvings(sensorId)).length === times);

describe('the end of shelvings by time', () => {
  it('comes when it is time, not before, and once, with several processes at it', async () => {
    await shelve(7, HOUR_MS);
    await shelve(8, 2 * HOUR_MS);
    await bench.settle();
    start();
    start();
    clock.skip(HOUR_MS - 10_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await unshelvings(7)).toEqual([]);
    clock.skip(11_000);
    await untilUnshelved(7);
    await bench.settle();
    clock.skip(10_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await unshelvings(7)).toEqual([{ sensorId: 7, cause: 'time', by: null, emailsOwed: [] }]);
    expect(await unshelvings(8)).toEqual([]);
    expect(new SensorListReads(bench.sink).countShelved()).toBe(1);
    expect(problems).toEqual([]);
  });

  it('is found by a process that starts after it, from the events alone', async () => {
    for (let sensorId = 1; sensorId <= 250; sensorId += 1) await shelve(sensorId, HOUR_MS);
    clock.skip(2 * HOUR_MS);
    await bench.settle();
    start();
    for (const sensorId of [1, 120, 250]) await untilUnshelved(sensorId);
  });

  it('does not come before its time when the shelving was made longer and the read model is behind', async () => {
    await shelve(7, HOUR_MS);
    await bench.settle();
    const shelved = new SensorListReads(bench.sink);
    const behind = { endedBy: () => [7] };
    await shelve(7, 3 * HOUR_MS);
    clock.skip(2 * HOUR_MS);
    const unshelving = new Unshelving({ shelved: behind, commands: commands(), clock, term: ENDLESS_TERM, problem: (error) => problems.push(error) });
    unshelving.start();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await unshelving.stop();
    expect(await unshelvings(7)).toEqual([]);
    expect(shelved.endedBy(isoTime(clock.now()), 10)).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('of one sensor whose stream can’t be read does not keep back the others', async () => {
    await shelve(7, HOUR_MS);
    await shelve(8, HOUR_MS);
    await append(bench.store, [triggered({ alarm: 'a', sensorId: 7 })]);
    const foreign = mail('NotificationRequested', { alarm: 'a' }, {});
    await bench.store.append(sensorStream(7), [foreign], 'any');
    await bench.settle();
    clock.skip(2 * HOUR_MS);
    start();
    await untilUnshelved(8);
    expect(String(problems[0])).toContain('sensor-7');
  });

  it('is not made without the lease', async () => {
    await shelve(7, HOUR_MS);
    await bench.settle();
    clock.skip(2 * HOUR_MS);
    let isHeld = false;
    start({ isHeld: () => isHeld });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await unshelvings(7)).toEqual([]);
    isHeld = true;
    clock.skip(2000);
    await untilUnshelved(7);
  });
});
