import { createHash } from 'node:crypto';
import type { SensorEvent } from '../../src/alarm-domain/alarm-events.js';
import type { Reading } from '../../src/alarm-domain/reading.js';
import type { DecisionContext, SensorMessage } from '../../src/alarm-domain/sensor-message.js';
import { afterDecision, decide, INITIAL_SENSOR, type Decision, type SensorState } from '../../src/alarm-domain/sensor.js';
import { SOURCE_STRIKE_POLICY, type StrikePolicy } from '../../src/alarm-domain/strike-policy.js';

/** Words for specs of the sensor aggregate: `given([...]).when(message).then(...)`. */

const NORMAL: Reading = { sensorId: 7, movement: false, smoke: false, temperatureCelsius: 20, maxTemperatureCelsius: 30 };
const START_MS = Date.parse('2026-03-01T12:00:00.000Z');

/** A reading of sensor 7 on ENTRY-0 at `offset`, received `offset` seconds after noon. */
export function reading(offset: number, what: Partial<Reading> & { messageId?: string; topicPartition?: number } = {}): SensorMessage {
  const { messageId = null, topicPartition = 0, ...values } = what;
  return { type: 'reading', ...facts('ENTRY', offset, topicPartition, messageId), reading: { ...NORMAL, ...values } };
}

export const motion = (offset: number, messageId?: string) => reading(offset, { movement: true, ...(messageId ? { messageId } : {}) });
export const smoke = (offset: number, messageId?: string) => reading(offset, { smoke: true, ...(messageId ? { messageId } : {}) });
export const heat = (offset: number) => reading(offset, { temperatureCelsius: 30.5 });

/** The message with a reading time of its own, `second` seconds after noon: when it was received later, it comes late. */
export function readAt(message: SensorMessage, second: number): SensorMessage {
  return { ...message, readAt: isoSecond(second) };
}

/** An OK of sensor 7 on OK-0; `second` is when it was received, as for readings. */
export function ok(second: number, messageId?: string): SensorMessage {
  return { type: 'ok', ...facts('OK', second, 0, messageId ?? null), sensorId: 7 };
}

function facts(topic: string, second: number, partition: number, messageId: string | null) {
  const receivedAt = isoSecond(second);
  return { source: { log: 'log', topic, partition, epoch: 0, offset: second }, messageId, sensorAt: null, receivedAt, readAt: receivedAt };
}

function isoSecond(second: number): string {
  return new Date(START_MS + second * 1000).toISOString();
}

export function contextWith(policy: Partial<StrikePolicy> = {}): DecisionContext {
  return {
    policy: { ...SOURCE_STRIKE_POLICY, ...policy },
    recordedAt: '2026-03-01T13:00:00.000Z',
    idOf: (name) => createHash('sha1').update(name).digest('hex').slice(0, 32),
  };
}

/** The state after a list of messages, each decided in turn, and all the events on the way. */
export function play(messages: readonly SensorMessage[], context: DecisionContext): { state: SensorState; events: SensorEvent[]; decisions: Decision[] } {
  let state = INITIAL_SENSOR;
  const events: SensorEvent[] = [];
  const decisions: Decision[] = [];
  for (const message of messages) {
    const decision = decide(state, message, context);
    decisions.push(decision);
    if (decision.type === 'events') events.push(...decision.events);
    state = afterDecision(state, message, decision, context.policy);
  }
  return { state, events, decisions };
}

/** `'AlarmTriggered smoke'`, for short expectations. */
export function brief(events: readonly SensorEvent[]): string[] {
  return events.map((event) => {
    switch (event.type) {
      case 'StrikeRecorded':
        return `StrikeRecorded ${event.data.alarmType} ${event.data.strike}/${event.data.of}`;
      case 'StrikesCleared':
        return `StrikesCleared ${event.data.alarmTypes.join('+')} by ${event.data.by}`;
      case 'SensorShelved':
      case 'SensorUnshelved':
      case 'SensorWentSilent':
      case 'SensorReturned':
        return event.type;
      default:
        return `${event.type} ${event.data.alarmType}`;
    }
  });
}

export function given(messages: readonly SensorMessage[], policy: Partial<StrikePolicy> = {}) {
  const context = contextWith(policy);
  const { state } = play(messages, context);
  return {
    when(message: SensorMessage) {
      const decision = decide(state, message, context);
      const events = decision.type === 'events' ? decision.events : [];
      return {
        decision,
        then(expected: string[]): void {
          expect(brief(events)).toEqual(expected);
        },
        /** As `then`, for a closer look at the events. */
        yields(expected: string[]): readonly SensorEvent[] {
          expect(brief(events)).toEqual(expected);
          return events;
        },
        thenIgnored(reason: string) {
          expect(decision).toEqual({ type: 'ignored', reason });
        },
        thenNormal() {
          expect(decision).toEqual({ type: 'normal' });
        },
      };
    },
  };
}
