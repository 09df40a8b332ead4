import { withReads } from '../../test/support/past-reads.js';
import { at, life, recovered, triggered, uuid } from '../../test/support/projection-events.js';
import { PastChanges } from './past-changes.js';

const ofAlarm = { alarmId: uuid('a'), sensorId: 1, alarmType: 'smoke' as const };

describe('what was recorded, moment by moment', () => {
  it('is about alarms, shelvings and silences, and each moment leads to the ones beside it', () => {
    const shelved = life('SensorShelved', { sensorId: 1, by: 'eva', reason: 'faulty', until: at(900), hasNote: true }, 30);
    const commented = life('AlarmCommented', { ...ofAlarm, by: 'eva' }, 70);
    const story = [
      triggered({ alarm: 'a', sensorId: 1, second: 10 }),
      triggered({ alarm: 'b', sensorId: 1, type: 'motion', second: 20 }),
      triggered({ alarm: 'c', sensorId: 9, type: 'motion', second: 20 }),
      shelved,
      life('SensorWentSilent', { sensorId: 3, intervalMs: 60_000, silentForMs: 300_000 }, 40),
      life('SensorReturned', { sensorId: 3 }, 50),
      life('AlarmAcknowledged', { ...ofAlarm, by: 'ana', hasNote: false }, 60),
      commented,
      life('SensorUnshelved', { sensorId: 1, cause: 'time', by: null, emailsOwed: [] }, 80),
      recovered({ alarm: 'a', sensorId: 1, second: 90 }),
      recovered({ alarm: 'b', sensorId: 1, type: 'motion', second: 90 }),
    ];
    return withReads(story, async ({ sink }) => {
      const past = new PastChanges(sink);
      const ends = { first: at(10), last: at(90) };
      expect(past.moments(at(5))).toEqual({ ...ends, current: null, previous: null, next: at(10) });
      expect(past.moments(at(30))).toEqual({ ...ends, current: at(30), previous: at(20), next: at(40) });
      expect(past.moments(at(35))).toEqual({ ...ends, current: at(30), previous: at(20), next: at(40) });
      expect(past.moments(at(99))).toEqual({ ...ends, current: at(90), previous: at(80), next: null });

      const itemsAt = (second: number) => past.at(at(second), 10).items;
      const nothing = { alarmId: null, type: null, by: null, reason: null, until: null, silentForMs: null, noteEventId: null };
      const alarm = { ...nothing, sensorId: '1', zone: 'UK', alarmId: uuid('a'), type: 'smoke' };
      expect(itemsAt(10)).toEqual([{ ...alarm, change: 'opened' }]);
      expect(past.at(at(20), 10)).toMatchObject({ total: 2, items: [{ change: 'opened', sensorId: '1', type: 'motion', zone: 'UK' }, { change: 'opened', sensorId: '9', zone: null }] });
      expect(itemsAt(30)).toEqual([{ ...nothing, change: 'shelved', sensorId: '1', zone: 'UK', by: 'eva', reason: 'faulty', until: at(900), noteEventId: shelved.id }]);
      expect(itemsAt(40)).toEqual([{ ...nothing, change: 'silent', sensorId: '3', zone: 'Mediterranean', silentForMs: 300_000 }]);
      expect(itemsAt(50)).toEqual([{ ...nothing, change: 'returned', sensorId: '3', zone: 'Mediterranean' }]);
      expect(itemsAt(60)).toEqual([{ ...alarm, change: 'acknowledged', by: 'ana' }]);
      expect(itemsAt(70)).toEqual([{ ...alarm, change: 'commented', by: 'eva', noteEventId: commented.id }]);
      expect(itemsAt(80)).toEqual([{ ...nothing, change: 'unshelved', sensorId: '1', zone: 'UK' }]);
      expect(past.at(at(90), 1)).toMatchObject({ total: 2, items: [{ change: 'recovered', by: null }] });
    });
  });

  it('goes by when it was recorded, not by the reading’s own time', async () => {
    const late = triggered({ alarm: 'late', sensorId: 1, second: 10 });
    await withReads([{ ...late, metadata: { ...late.metadata, recordedAt: at(70) } }], async ({ sink }) => {
      expect(new PastChanges(sink).moments(at(99)).current).toBe(at(70));
    });
  });

  it('before anything is nothing', () =>
    withReads([], async ({ sink }) => {
      expect(new PastChanges(sink).moments(at(5))).toEqual({ first: null, last: null, current: null, previous: null, next: null });
    }));
});
