import type { AlarmRecovered, AlarmTriggered, Evidence, EventMetadata, SensorEvent, StrikeRecorded, StrikesCleared } from './alarm-events.js';
import type { AlarmType } from './reading.js';
import type { DecisionContext, OkMessage, ReadingMessage, RecordFacts, SensorMessage } from './sensor-message.js';
import { positionKey } from './source-position.js';

/** The events of a sensor as a decision makes them of one record: the same record always gives the same ids. */

export function strikeRecorded(message: ReadingMessage, context: DecisionContext, alarmType: StrikeRecorded['data']['alarmType'], strike: number): StrikeRecorded {
  const { sensorId } = message.reading;
  return {
    id: eventId(message, context, sensorId, alarmType, 'StrikeRecorded'),
    type: 'StrikeRecorded',
    data: { sensorId, alarmType, strike, of: context.policy.n, evidence: evidenceOf(message) },
    metadata: metadataOf(message, context),
  };
}

export function alarmTriggered(message: ReadingMessage, context: DecisionContext, alarmType: AlarmType, evidence: readonly Evidence[]): AlarmTriggered {
  const { sensorId } = message.reading;
  return {
    id: eventId(message, context, sensorId, alarmType, 'AlarmTriggered'),
    type: 'AlarmTriggered',
    data: {
      alarmId: context.idOf(`${positionKey(message.source)}|${sensorId}|${alarmType}|alarm`),
      sensorId,
      alarmType,
      triggeredAt: message.readAt,
      evidence,
      policy: context.policy,
    },
    metadata: metadataOf(message, context),
  };
}

export function alarmRecovered(message: OkMessage, context: DecisionContext, alarmType: AlarmType, alarmId: string): AlarmRecovered {
  const { sensorId } = message;
  return {
    id: eventId(message, context, sensorId, alarmType, 'AlarmRecovered'),
    type: 'AlarmRecovered',
    data: { alarmId, sensorId, alarmType, recoveredAt: message.readAt, by: 'ok-message' },
    metadata: metadataOf(message, context),
  };
}

export function strikesCleared(message: SensorMessage, context: DecisionContext, sensorId: number, alarmTypes: readonly AlarmType[], by: StrikesCleared['data']['by']): StrikesCleared {
  return {
    id: eventId(message, context, sensorId, alarmTypes.join('+'), 'StrikesCleared'),
    type: 'StrikesCleared',
    data: { sensorId, alarmTypes, receivedThrough: message.receivedAt, by },
    metadata: metadataOf(message, context),
  };
}

/** A record yields at most one event of a type and alarm type, so these four name it. */
function eventId(message: RecordFacts, context: DecisionContext, sensorId: number, alarmType: string, eventType: SensorEvent['type']): string {
  return context.idOf(`${positionKey(message.source)}|${sensorId}|${alarmType}|${eventType}`);
}

export function evidenceOf(message: ReadingMessage): Evidence {
  const { movement, smoke, temperatureCelsius, maxTemperatureCelsius } = message.reading;
  const { source, readAt, receivedAt } = message;
  return { source, readAt, receivedAt, movement, smoke, temperatureCelsius, maxTemperatureCelsius };
}

/** The version of the event shapes above; src/event-store/event-codec.ts brings older ones up to it. */
export const SENSOR_EVENT_SCHEMA_VERSION = 1;

function metadataOf(message: SensorMessage, context: DecisionContext): EventMetadata {
  const cause = positionKey(message.source);
  const { handledThrough = [] } = context;
  return {
    schemaVersion: SENSOR_EVENT_SCHEMA_VERSION,
    source: message.source,
    messageId: message.messageId,
    sensorAt: message.sensorAt,
    receivedAt: message.receivedAt,
    recordedAt: context.recordedAt,
    correlationId: context.idOf(cause),
    causationId: cause,
    ...(message.type === 'ok' && handledThrough.length > 0 ? { handledThrough } : {}),
  };
}
