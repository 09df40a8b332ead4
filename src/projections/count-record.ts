import type { AlarmTriggered } from '../alarm-domain/alarm-events.js';
import type { LogRecord, OutgoingRecord } from '../message-log/message-log.js';

/** What a consumer tells our events by; together with the id they name one event, so they never change. */
export const CLOUD_EVENT_SOURCE = '/vigia/alarms';
export const CLOUD_EVENT_TYPE = 'vigia.AlarmTriggered.v1';

/**
 * An alarm as a record of COUNT (R4): CloudEvents 1.0 in Kafka's binary content mode, keyed by the alarm's type.
 *
 * The id is the alarm's, so that a consumer recognises one that comes again. The value has no personal data
 * (P5): `{"alarmId":"5cb5…","sensorId":"42959","type":"smoke","triggeredAt":"2026-03-01T12:00:00.000Z"}`.
 * `triggeredAt` is the reading's time, by whose minute the alarm is counted (R6).
 * Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
 */
export function toCountRecord({ data }: AlarmTriggered): OutgoingRecord {
  const { alarmId, alarmType, triggeredAt } = data;
  const sensorId = String(data.sensorId);
  return {
    key: alarmType,
    value: Buffer.from(JSON.stringify({ alarmId, sensorId, type: alarmType, triggeredAt })),
    headers: {
      ce_specversion: '1.0',
      ce_id: alarmId,
      ce_source: CLOUD_EVENT_SOURCE,
      ce_type: CLOUD_EVENT_TYPE,
      ce_time: triggeredAt,
      ce_subject: sensorId,
      'content-type': 'application/json',
    },
  };
}

/** The alarm that a record of COUNT is about; null for a record that is not ours. */
export function alarmIdOf({ headers }: Pick<LogRecord, 'headers'>): string | null {
  const isOurs = headers['ce_source'] === CLOUD_EVENT_SOURCE && headers['ce_type'] === CLOUD_EVENT_TYPE;
  return isOurs ? (headers['ce_id'] ?? null) : null;
}
