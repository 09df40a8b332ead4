import type { AlarmRecovered, AlarmTriggered, Evidence, EventMetadata, ReadingEvent, ReadingNoted, StrikeRecorded, StrikesCleared } from './alarm-events.js';
import type { AlarmType } from './reading.js';
import { sensorIdOf, type DecisionContext, type OkMessage, type ReadingMessage, type SensorMessage } from './sensor-message.js';
import { positionKey, type SourcePosition } from './source-position.js';

/** The events of a sensor as a decision makes them of one record: the same record always gives the same ids. */

/** The message is that of the evidence, or the OK that comes after it. */
export function strikeRecorded(message: SensorMessage, context: DecisionContext, alarmType: StrikeRecorded['data']['alarmType'], evidence: Evidence, strike: number): StrikeRecorded {
  const sensorId = sensorIdOf(message);
  return {
    id: eventId(evidence.source, context, sensorId, alarmType, 'StrikeRecorded'),
    type: 'StrikeRecorded',
    data: { sensorId, alarmType, strike, of: context.policy.n, evidence },
    metadata: metadataOf(message, context),
  };
}

/** `completing` is the last of the evidence to come; the message is its own, or the OK that comes after it. */
export function alarmTriggered(message: SensorMessage, context: DecisionContext, alarmType: AlarmType, completing: Evidence, evidence: readonly Evidence[]): AlarmTriggered {
  const sensorId = sensorIdOf(message);
  return {
    id: eventId(completing.source, context, sensorId, alarmType, 'AlarmTriggered'),
    type: 'AlarmTriggered',
    data: {
      alarmId: context.idOf(`${positionKey(completing.source)}|${sensorId}|${alarmType}|alarm`),
      sensorId,
      alarmType,
      triggeredAt: completing.readAt,
      evidence,
      policy: context.policy,
    },
    metadata: metadataOf(message, context),
  };
}

export function alarmRecovered(message: OkMessage, context: DecisionContext, alarmType: AlarmType, alarmId: string): AlarmRecovered {
  const { sensorId } = message;
  return {
    id: eventId(message.source, context, sensorId, alarmType, 'AlarmRecovered'),
    type: 'AlarmRecovered',
    data: { alarmId, sensorId, alarmType, recoveredAt: message.readAt, by: 'ok-message' },
    metadata: metadataOf(message, context),
  };
}

export function strikesCleared(message: SensorMessage, context: DecisionContext, sensorId: number, alarmTypes: readonly AlarmType[], by: StrikesCleared['data']['by']): StrikesCleared {
  return {
    id: eventId(message.source, context, sensorId, alarmTypes.join('+'), 'StrikesCleared'),
    type: 'StrikesCleared',
    data: { sensorId, alarmTypes, receivedThrough: message.receivedAt, by },
    metadata: metadataOf(message, context),
  };
}

export function readingNoted(message: ReadingMessage, context: DecisionContext, alarmType: AlarmType): ReadingNoted {
  const { sensorId } = message.reading;
  return {
    id: eventId(message.source, context, sensorId, alarmType, 'ReadingNoted'),
    type: 'ReadingNoted',
    data: { sensorId, alarmType, evidence: evidenceOf(message), policy: context.policy },
    metadata: metadataOf(message, context),
  };
}

/** There is at most one event of a type and alarm type about a record, so these four name it. */
function eventId(about: SourcePosition, context: DecisionContext, sensorId: number, alarmType: string, eventType: ReadingEvent['type']): string {
  return context.idOf(`${positionKey(about)}|${sensorId}|${alarmType}|${eventType}`);
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
