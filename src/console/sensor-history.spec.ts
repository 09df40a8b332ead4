import { append, at, life, newDir, triggered, uuid } from '../../test/support/projection-events.js';
import { systemClock } from '../clock.js';
import { LibsqlEventStore } from '../event-store/libsql-event-store.js';
import { historyOf } from './sensor-history.js';

let store: LibsqlEventStore;
beforeAll(async () => {
  store = await LibsqlEventStore.open(newDir(), { clock: systemClock });
  // The clock of who recorded the second was ahead of that of the others.
  const events = [
    triggered({ alarm: 'first', sensorId: 7, type: 'smoke', second: 10 }),
    triggered({ alarm: 'second', sensorId: 7, type: 'motion', second: 30 }),
    life('AlarmAcknowledged', { alarmId: uuid('first'), sensorId: 7, alarmType: 'smoke', by: 'ana', hasNote: false }, 20),
  ];
  for (const event of events) await append(store, [event]);
});
afterAll(() => store.close());

it.each([
  [9.999, 0, []],
  [10, 1, ['smoke']],
  // It ends before the event of 30 s, although one of 20 s comes after it: a state that the stream once had.
  [20, 1, ['smoke']],
  [29.999, 1, ['smoke']],
  [30, 3, ['motion', 'smoke']],
])('as of %p s a sensor has %p events', async (second, events, open) => {
  const history = await historyOf(store, 7, at(second));
  expect({ events: history.events, last: history.last, open: Object.keys(history.state.openAlarms).sort() }).toEqual({ events, last: events === 0 ? null : BigInt(events - 1), open });
});
