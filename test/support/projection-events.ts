import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { AlarmRecovered, AlarmTriggered } from '../../src/alarm-domain/alarm-events.js';
import type { AlarmLifeEvent } from '../../src/alarm-domain/alarm-life-events.js';
import { notificationStream, type NotificationEvent } from '../../src/alarm-domain/notification-events.js';
import { ALARM_TYPES, type AlarmType } from '../../src/alarm-domain/reading.js';
import { sensorStream } from '../../src/alarm-domain/sensor.js';
import { SOURCE_STRIKE_POLICY } from '../../src/alarm-domain/strike-policy.js';
import type { EventStore, Position } from '../../src/event-store/event-store.js';
import type { Projection, ProjectionRow } from '../../src/projections/projection.js';

/** Words for specs of projections: events of alarms and their e-mails, and the rows that follow. */

export type ProjectedEvent = AlarmTriggered | AlarmRecovered | AlarmLifeEvent | NotificationEvent;

export const newDir = (): string => mkdtempSync(join(tmpdir(), 'vigia-projections-'));

const START_MS = Date.parse('2026-03-01T12:00:00.000Z');

/** The time so many seconds after noon. */
export const at = (second: number): string => new Date(START_MS + second * 1000).toISOString();

/** A UUID that is always the same for the same name. */
export function uuid(name: string): string {
  const hex = createHash('sha1').update(name).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}

export interface AlarmExample {
  readonly alarm: string;
  readonly sensorId?: number;
  readonly type?: AlarmType;
  readonly second?: number;
  readonly shelvedUntil?: string;
}

export function triggered({ alarm, sensorId = 7, type = 'smoke', second = 0, shelvedUntil }: AlarmExample): AlarmTriggered {
  const source = { log: 'log', topic: 'ENTRY', partition: 0, epoch: 0, offset: second };
  const evidence = [
    { source, readAt: at(second), receivedAt: at(second), movement: type === 'motion', smoke: type === 'smoke', temperatureCelsius: 25, maxTemperatureCelsius: 30 },
  ];
  return {
    id: uuid(`${alarm} triggered`),
    type: 'AlarmTriggered',
    data: { alarmId: uuid(alarm), sensorId, alarmType: type, triggeredAt: at(second), evidence, policy: SOURCE_STRIKE_POLICY, ...(shelvedUntil === undefined ? {} : { shelvedUntil }) },
    metadata: { ...metadata(alarm, second), source, messageId: null, sensorAt: null, receivedAt: at(second) },
  };
}

export function recovered({ alarm, sensorId = 7, type = 'smoke', second = 0 }: AlarmExample): AlarmRecovered {
  const source = { log: 'log', topic: 'OK', partition: 0, epoch: 0, offset: second };
  return {
    id: uuid(`${alarm} recovered`),
    type: 'AlarmRecovered',
    data: { alarmId: uuid(alarm), sensorId, alarmType: type, recoveredAt: at(second), by: 'ok-message' },
    metadata: { ...metadata(alarm, second), source, messageId: null, sensorAt: null, receivedAt: at(second) },
  };
}

type MailData<Type extends NotificationEvent['type']> = Omit<Extract<NotificationEvent, { type: Type }>['data'], 'alarmId' | 'sensorId'>;

export function mail<Type extends NotificationEvent['type']>(type: Type, { alarm, sensorId = 7, second = 0 }: AlarmExample, data: MailData<Type>) {
  return {
    id: uuid(`${alarm} ${type} ${JSON.stringify(data)}`),
    type,
    data: { alarmId: uuid(alarm), sensorId, ...data },
    metadata: metadata(alarm, second),
  } as unknown as NotificationEvent;
}

/** What operators or time did, `second` seconds after noon. */
export function life<Type extends AlarmLifeEvent['type']>(type: Type, data: Extract<AlarmLifeEvent, { type: Type }>['data'], second = 0) {
  const name = `${type} ${second} ${JSON.stringify(data)}`;
  return { id: uuid(name), type, data, metadata: metadata(name, second) } as unknown as AlarmLifeEvent;
}

function metadata(alarm: string, second: number) {
  return { schemaVersion: 1, recordedAt: at(second), correlationId: uuid(`${alarm} correlation`), causationId: uuid(`${alarm} cause`) };
}

/** The rows of a projection after these events, by key; nothing but the projection is at work. */
export function rowsAfter(projection: Projection, events: readonly ProjectedEvent[]): Record<string, ProjectionRow> {
  const rows: Record<string, ProjectionRow> = {};
  for (const event of events.filter(({ type }) => projection.handles.includes(type))) {
    for (const key of projection.keys(event)) rows[key] = projection.project(rows[key], event, key);
  }
  return rows;
}

/** Stores the events one after the other, each in its stream; gives the position of the last. */
export async function append(store: EventStore, events: readonly ProjectedEvent[]): Promise<Position> {
  const results = await Promise.all(
    events.map((event) => {
      const isMail = event.type.startsWith('Notification');
      const stream = isMail ? notificationStream((event as NotificationEvent).data.alarmId) : sensorStream(event.data.sensorId);
      return store.append(stream, [event], 'any');
    }),
  );
  return results.at(-1)?.position ?? '';
}

/** What may happen, in the order in which it may: random alarms of a few sensors, their ends, and their e-mails in between. */
export const anyHistory: fc.Arbitrary<ProjectedEvent[]> = fc
  .array(fc.record({ sensorId: fc.integer({ min: 0, max: 5 }), what: fc.constantFrom(...ALARM_TYPES, 'ok', 'mail', 'operator', 'shelving'), pick: fc.nat(1000), second: fc.integer({ min: 0, max: 200 }) }), {
    maxLength: 60,
  })
  .map((steps) => {
    const events: ProjectedEvent[] = [];
    const open = new Map<string, AlarmExample & { type: AlarmType; sensorId: number }>();
    const alarms: AlarmExample[] = [];
    const attempts = new Map<string, number>();
    const shelved = new Set<number>();
    for (const { sensorId, what, pick, second } of steps) {
      if (what === 'ok') {
        for (const [key, alarm] of open) {
          if (alarm.sensorId !== sensorId) continue;
          open.delete(key);
          events.push(recovered({ ...alarm, second }));
        }
      } else if (what === 'operator') {
        const alarm = alarms[pick % Math.max(alarms.length, 1)];
        if (alarm) events.push(...operatorsDo(alarm, pick, second + events.length));
      } else if (what === 'shelving') {
        const isOver = shelved.has(sensorId) && pick % 3 > 0;
        events.push(isOver ? unshelved(sensorId, [...open.values()], second + events.length) : life('SensorShelved', { sensorId, by: 'ana', reason: 'test', until: at(pick), hasNote: false }, second + events.length));
        if (isOver) shelved.delete(sensorId);
        else shelved.add(sensorId);
      } else if (what === 'mail') {
        const alarm = alarms[pick % Math.max(alarms.length, 1)];
        if (alarm) events.push(nextMail(alarm, pick, attempts));
      } else if (!open.has(`${sensorId} ${what}`)) {
        const alarm = { alarm: `alarm ${events.length}`, sensorId, type: what, second, ...(shelved.has(sensorId) ? { shelvedUntil: at(900) } : {}) };
        open.set(`${sensorId} ${what}`, alarm);
        alarms.push(alarm);
        events.push(triggered(alarm));
      }
    }
    return events;
  });

/** A comment, and perhaps an acknowledgement; a second one of an alarm is no more than odd. */
function operatorsDo({ alarm, sensorId = 7, type = 'smoke' }: AlarmExample, pick: number, second: number): AlarmLifeEvent[] {
  const about = { alarmId: uuid(alarm), sensorId, alarmType: type, by: 'ana' };
  const comment = life('AlarmCommented', about, second);
  return pick % 2 === 0 ? [comment] : [comment, life('AlarmAcknowledged', { ...about, hasNote: false }, second)];
}

function unshelved(sensorId: number, open: readonly AlarmExample[], second: number): AlarmLifeEvent {
  const emailsOwed = open.filter((alarm) => alarm.sensorId === sensorId && alarm.shelvedUntil !== undefined).map(({ alarm }) => uuid(alarm));
  return life('SensorUnshelved', { sensorId, cause: 'operator', by: 'ana', emailsOwed }, second);
}

function nextMail(alarm: AlarmExample, pick: number, attempts: Map<string, number>): NotificationEvent {
  const attempt = (attempts.get(alarm.alarm) ?? 0) + 1;
  attempts.set(alarm.alarm, attempt);
  switch (pick % 4) {
    case 0:
      return mail('NotificationClaimed', alarm, { attempt, by: 'p1', until: at(300), possibleDuplicate: pick % 3 === 0 });
    case 1:
      return mail('NotificationFailed', alarm, { attempt, reason: `451 try ${pick}`, retryAt: at(300) });
    case 2:
      return mail('NotificationParked', alarm, { attempt, reason: `550 no ${pick}` });
    default:
      return mail('NotificationSent', alarm, { attempt, mailId: '<x@vigia>', possibleDuplicate: pick % 3 === 0, customer: 'complete' });
  }
}
