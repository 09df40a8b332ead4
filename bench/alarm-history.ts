import type { AlarmTriggered, SensorEvent } from '../src/alarm-domain/alarm-events.js';
import type { DomainEvent } from '../src/event-store/event-schemas.js';
import { claim, evolve as evolveNotification, INITIAL_NOTIFICATION, NOTIFICATION_POLICY, recordSent } from '../src/alarm-domain/notification.js';
import { notificationStream } from '../src/alarm-domain/notification-events.js';
import { decideCommand, evolveOperated, INITIAL_OPERATED, type OperatedSensor } from '../src/alarm-domain/operated-sensor.js';
import type { SensorMessage } from '../src/alarm-domain/sensor-message.js';
import { decide, evolve, INITIAL_SENSOR, sensorStream, type SensorState } from '../src/alarm-domain/sensor.js';
import { SOURCE_STRIKE_POLICY } from '../src/alarm-domain/strike-policy.js';
import { isoTime } from '../src/clock.js';
import { toAppend } from '../src/event-store/event-codec.js';
import type { EventStore, ExpectedRevision } from '../src/event-store/event-store.js';
import { idOf } from '../src/ingestion/deterministic-id.js';

const START_MS = Date.parse('2026-03-01T00:00:00Z');
/** Between two alarms; 13 minutes between two of one sensor, of 50,000 sensors. */
const BETWEEN_MS = 1_000;
/** Appends on their way: as many as share a commit. */
const AT_A_TIME = 256;

/** Strikes, alarm, its e-mail claimed and sent, recovery, acknowledgement. */
export const EVENTS_PER_ALARM = 9;

/** A history of real decisions: alarm after alarm, each of another of 50,000 sensors, from its strikes to its acknowledgement. */
export class AlarmHistory {
  private readonly sensors = new Map<number, { state: SensorState; revision: ExpectedRevision }>();
  private alarms = 0;
  private inWork: Promise<unknown>[] = [];

  constructor(private readonly sensorCount = 50_000) {}

  get events(): number {
    return this.alarms * EVENTS_PER_ALARM;
  }

  /** When the first alarm's strikes and the last alarm's acknowledgement were recorded, in milliseconds. */
  get spanMs(): readonly [first: number, last: number] {
    return [START_MS, START_MS + this.alarms * BETWEEN_MS];
  }

  /** Of the alarm of this number, from 0. */
  sensorOf(alarm: number): number {
    return (alarm * 7919) % this.sensorCount;
  }

  /** Appends alarms until the store has at least so many events of this history. */
  async fill(store: EventStore, events: number, onProgress: (events: number) => void = () => undefined): Promise<void> {
    for (; this.events < events; this.alarms += 1) {
      this.appendAlarm(store);
      if (this.inWork.length < AT_A_TIME) continue;
      await Promise.all(this.inWork);
      this.inWork = [];
      onProgress(this.events);
    }
    await Promise.all(this.inWork);
    this.inWork = [];
  }

  private appendAlarm(store: EventStore): void {
    const sensorId = this.sensorOf(this.alarms);
    const atMs = START_MS + this.alarms * BETWEEN_MS;
    const before = this.sensors.get(sensorId) ?? { state: INITIAL_SENSOR, revision: 'no-stream' };
    const opening: SensorEvent[] = [];
    let { state } = before;
    for (let strike = 0; strike < 3; strike += 1) {
      const events = this.decided(state, this.message(sensorId, strike, atMs + strike * 100));
      opening.push(...events);
      state = events.reduce(evolve, state);
    }
    const alarm = opening.find((event) => event.type === 'AlarmTriggered');
    if (!alarm) throw new Error(`alarm ${this.alarms} of sensor ${sensorId} did not open`);
    const closing: SensorEvent[] = [...this.decided(state, this.message(sensorId, 3, atMs + 300))];
    closing.push(acknowledged([...opening, ...closing].reduce<OperatedSensor>((operated, event) => evolveOperated(operated, event, alarm.data.alarmId), { ...INITIAL_OPERATED, sensor: before.state }), alarm, atMs + 400));
    state = closing.reduce(evolve, state);
    const revision = this.append(store, sensorStream(sensorId), opening, before.revision);
    this.append(store, notificationStream(alarm.data.alarmId), sentMail(alarm, atMs + 250), 'no-stream');
    this.sensors.set(sensorId, { state, revision: this.append(store, sensorStream(sensorId), closing, revision) });
  }

  /** The stream's revision after it. */
  private append(store: EventStore, stream: string, events: readonly DomainEvent[], expected: ExpectedRevision): bigint {
    this.inWork.push(store.append(stream, events.map(toAppend), expected));
    return (typeof expected === 'bigint' ? expected : -1n) + BigInt(events.length);
  }

  private decided(state: SensorState, message: SensorMessage): readonly SensorEvent[] {
    const decision = decide(state, message, { policy: SOURCE_STRIKE_POLICY, recordedAt: message.receivedAt, idOf });
    if (decision.type !== 'events') throw new Error(`alarm ${this.alarms}: ${decision.type}`);
    return decision.events;
  }

  private message(sensorId: number, step: number, atMs: number): SensorMessage {
    const receivedAt = isoTime(atMs);
    const isOk = step === 3;
    const facts = { source: { log: 'bench', topic: isOk ? 'OK' : 'ENTRY', partition: 0, epoch: 0, offset: this.alarms * 4 + step }, messageId: null, sensorAt: null, receivedAt, readAt: receivedAt };
    if (isOk) return { type: 'ok', ...facts, sensorId };
    return { type: 'reading', ...facts, reading: { sensorId, movement: false, smoke: true, temperatureCelsius: 20, maxTemperatureCelsius: 30 } };
  }
}

function sentMail({ id, data: { alarmId, sensorId }, metadata: { correlationId } }: AlarmTriggered, nowMs: number): readonly DomainEvent[] {
  const context = { alarmId, sensorId, nowMs, correlationId, causationId: id, idOf };
  const claimed = claim(INITIAL_NOTIFICATION, context, 'bench', false, NOTIFICATION_POLICY);
  const delivery = { attempt: 1, mailId: `<${alarmId}@vigia>`, possibleDuplicate: false, customer: 'complete' } as const;
  return [...claimed, ...recordSent(claimed.reduce(evolveNotification, INITIAL_NOTIFICATION), context, delivery)];
}

function acknowledged(operated: OperatedSensor, { data: { alarmId, sensorId } }: AlarmTriggered, nowMs: number): SensorEvent {
  const context = { sensorId, recordedAt: isoTime(nowMs), commandId: idOf(`bench|${alarmId}`), longestShelvingMs: 0, idOf };
  const decision = decideCommand(operated, { type: 'acknowledge', alarmId, by: 'bench', hasNote: false }, context);
  const event = decision.type === 'events' ? decision.events[0] : undefined;
  if (!event) throw new Error(`alarm ${alarmId} was not acknowledged`);
  return event;
}
