import { alarmTriggered } from '../../test/support/alarm-fixtures.js';
import { alarmIdOf, toCountRecord } from './count-record.js';

describe('R4: an alarm on topic COUNT', () => {
  const alarm = alarmTriggered(42959, 'temperature', Date.parse('2026-03-01T12:00:00.000Z'));
  const { key, value, headers } = toCountRecord(alarm);

  it('has exactly the headers of CloudEvents 1.0 in Kafka’s binary content mode, and the type as its key', () => {
    expect(headers).toEqual({
      ce_specversion: '1.0',
      ce_id: alarm.data.alarmId,
      ce_source: '/vigia/alarms',
      ce_type: 'vigia.AlarmTriggered.v1',
      ce_time: '2026-03-01T12:00:00.000Z',
      ce_subject: '42959',
      'content-type': 'application/json',
    });
    expect(key).toBe('temperature');
  });

  it('P5: has JSON of the alarm, without any other data of it', () => {
    expect(JSON.parse(value.toString('utf8'))).toEqual({
      alarmId: alarm.data.alarmId,
      sensorId: '42959',
      type: 'temperature',
      triggeredAt: '2026-03-01T12:00:00.000Z',
    });
  });

  it('is recognised by source, type and id, which no other record has', () => {
    expect(alarmIdOf({ headers: headers! })).toBe(alarm.data.alarmId);
    expect(alarmIdOf({ headers: { ...headers, ce_source: '/another' } })).toBeNull();
    expect(alarmIdOf({ headers: { ...headers, ce_type: 'another' } })).toBeNull();
    expect(alarmIdOf({ headers: {} })).toBeNull();
  });
});
