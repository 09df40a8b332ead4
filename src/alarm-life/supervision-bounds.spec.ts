import { newDir } from '../../test/support/projection-events.js';
import { supervisionParts } from '../../test/support/supervision-parts.js';
import { systemClock } from '../clock.js';
import { LibsqlEventStore } from '../event-store/libsql-event-store.js';
import { partitionOf, type Sighting } from '../ingestion/last-seen.js';
import { lastSeen } from '../ingestion/normal-readings.js';
import { silentSensors } from './silent-sensors.js';
import { Supervision } from './supervision.js';

/** How many sensors may grow silent together before the path is suspected: 20 of a partition in an hour, or 0.5 % of its sensors. */

const PARTITION = 0;
/** Tenths of a second of the partition's time. */
const NOW = 1_000_000;
const HOUR = 36_000;
/** So long ago that a sensor whose interval is five seconds is silent. */
const LONG_AGO = NOW - 1000;

let store: LibsqlEventStore;
let supervision: Supervision;

afterEach(async () => {
  await supervision.close(PARTITION);
  await store.close();
});

/** The next sensors of the partition from an id on. */
function sensors(count: number, from: number, sighting: Omit<Sighting, 'sensorId' | 'gaps' | 'isFlagged'>): Sighting[] {
  const found: Sighting[] = [];
  for (let sensorId = from; found.length < count; sensorId += 1) if (partitionOf(sensorId) === PARTITION) found.push({ ...sighting, sensorId, gaps: 20, isFlagged: false });
  return found;
}

const silent = (count: number, from = 1) => sensors(count, from, { seen: LONG_AGO, usualGap: 50 });
/** They are not heard of either, but their own interval is so long that they may grow silent only after so many tenths. */
const silentIn = (count: number, from: number, tenths: number) => sensors(count, from, { seen: NOW, usualGap: tenths / 5 });

async function supervise(...sightings: readonly Sighting[]): Promise<void> {
  store = await LibsqlEventStore.open(newDir(), { clock: systemClock });
  const parts = supervisionParts(store, 'log');
  await parts.snapshots.save(PARTITION, { now: NOW, sightings });
  supervision = new Supervision(parts);
  await supervision.open(PARTITION);
  lastSeen.beginBatch(PARTITION, 0);
}

let pathMs = 0;
beforeEach(() => (pathMs = 0));

/** The partition's time goes on, of which no more than ten seconds count between two records. */
function pass(tenths: number): void {
  for (const untilMs = pathMs + tenths * 100; pathMs < untilMs; ) lastSeen.beginBatch(PARTITION, (pathMs = Math.min(untilMs, pathMs + 10_000)));
}

/** How many are silent after a look, how many are held back, and of how many an event tells. */
async function look(): Promise<readonly [silent: number, held: number, told: number]> {
  await supervision.look();
  const { silent: count, held } = supervision.status();
  return [count, held, (await silentSensors(store)).length];
}

it('twenty at once are told of, one more is a fault of the path', async () => {
  await supervise(...silent(20));
  expect(await look()).toEqual([20, 0, 20]);
  await supervision.close(PARTITION);
  await store.close();
  await supervise(...silent(21));
  expect(await look()).toEqual([0, 21, 0]);
});

it('after twenty the next may come when its share of the hour has passed', async () => {
  await supervise(...silent(20), ...silentIn(1, 10_000, 600));
  expect(await look()).toEqual([20, 0, 20]);
  pass(HOUR / 20 - 100);
  expect(await look()).toEqual([20, 1, 20]);
  pass(200);
  expect(await look()).toEqual([21, 0, 21]);
});

it('hours in which none grew silent do not add up', async () => {
  await supervise(...silentIn(21, 1, 3 * HOUR));
  expect(await look()).toEqual([0, 0, 0]);
  pass(3 * HOUR + 100);
  expect(await look()).toEqual([0, 21, 0]);
});

it('of many sensors it is a share of them, 25 of 5,000', async () => {
  const others = sensors(4975, 10_000, { seen: NOW, usualGap: 1_000_000 });
  await supervise(...silent(25), ...others);
  expect(await look()).toEqual([25, 0, 25]);
  await supervision.close(PARTITION);
  await store.close();
  await supervise(...silent(26), ...others.slice(1));
  expect(await look()).toEqual([0, 26, 0]);
});
