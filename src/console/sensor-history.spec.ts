import { append, at, life, newDir, recovered, triggered, uuid } from '../../test/support/projection-events.js';
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

it('tells silence and acknowledgement, each as long as it lasts', async () => {
  const silent = life('SensorWentSilent', { sensorId: 8, intervalMs: 1000, silentForMs: 31_000 }, 10);
  const events = [
    silent,
    life('SensorReturned', { sensorId: 8 }, 20),
    triggered({ alarm: 'one', sensorId: 8, type: 'smoke', second: 30 }),
    life('AlarmAcknowledged', { alarmId: uuid('one'), sensorId: 8, alarmType: 'smoke', by: 'ana', hasNote: false }, 40),
    recovered({ alarm: 'one', sensorId: 8, type: 'smoke', second: 50 }),
    // One that has recovered may be acknowledged still, and is no more open for that.
    life('AlarmAcknowledged', { alarmId: uuid('one'), sensorId: 8, alarmType: 'smoke', by: 'eva', hasNote: false }, 60),
    triggered({ alarm: 'two', sensorId: 8, type: 'smoke', second: 70 }),
  ];
  for (const event of events) await append(store, [event]);
  const known = async (second: number) => {
    const { state, before } = await historyOf(store, 8, at(second));
    return { silence: state.silence, by: state.openAlarms.smoke && (state.openAlarms.smoke.acknowledged?.by ?? null), wasSilent: before.silence !== null };
  };
  const silence = { since: at(10), intervalMs: 1000, silentForMs: 31_000, eventId: silent.id };
  expect(await known(15)).toEqual({ silence, by: undefined, wasSilent: false });
  expect(await known(25)).toEqual({ silence: null, by: undefined, wasSilent: true });
  expect(await known(35)).toEqual({ silence: null, by: null, wasSilent: false });
  expect(await known(45)).toMatchObject({ by: 'ana' });
  expect(await known(65)).toMatchObject({ by: undefined });
  expect(await known(75)).toMatchObject({ by: null });
});
