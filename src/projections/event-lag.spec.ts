import { append, at, newDir, triggered } from '../../test/support/projection-events.js';
import { systemClock, type Clock } from '../clock.js';
import { LibsqlEventStore } from '../event-store/libsql-event-store.js';
import { COUNTED_LAG, LagMeter } from './event-lag.js';

/** Seconds after the first moment of the events. */
let second = 0;
const clock: Clock = { ...systemClock, now: () => Date.parse(at(second)) };

const TYPES = { types: ['AlarmTriggered'] };

let store: LibsqlEventStore;
beforeEach(async () => (store = await LibsqlEventStore.open(newDir(), { clock })));
afterEach(() => store.close());

it('counts what has not been taken, and the age of the oldest of it, which grows as long as nothing is taken', async () => {
  const opened = (index: number) => triggered({ alarm: String(index), sensorId: index, second: index * 10 });
  const first = await append(store, [opened(1)]);
  await append(store, [opened(2), opened(3)]);
  const meter = new LagMeter(store, clock, TYPES);
  const lagAt = async (now: number, position: typeof first | null) => {
    second = now;
    await meter.measure(position);
    return meter.lag;
  };
  expect(await lagAt(30, null)).toEqual({ lagEvents: 3, lagSeconds: 20 });
  expect(await lagAt(30, first)).toEqual({ lagEvents: 2, lagSeconds: 10 });
  expect(await lagAt(95, first)).toEqual({ lagEvents: 2, lagSeconds: 75 });
  expect(await lagAt(95, await store.headPosition())).toEqual({ lagEvents: 0, lagSeconds: 0 });
  // A clock that was put back makes no age negative.
  expect(await lagAt(5, null)).toEqual({ lagEvents: 3, lagSeconds: 0 });
});

it('takes no account of events that are not its own, and counts no further than a thousand', async () => {
  await append(store, Array.from({ length: COUNTED_LAG + 1 }, (_, index) => triggered({ alarm: String(index), sensorId: index, second: 1 })));
  second = 11;
  const [mine, others] = [new LagMeter(store, clock, TYPES), new LagMeter(store, clock, { types: ['SensorShelved'] })];
  await Promise.all([mine.measure(null), others.measure(null)]);
  expect([mine.lag, others.lag]).toEqual([{ lagEvents: COUNTED_LAG, lagSeconds: 10 }, { lagEvents: 0, lagSeconds: 0 }]);
});
