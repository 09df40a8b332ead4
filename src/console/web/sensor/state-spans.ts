import { ALARM_TYPES, type AlarmType, type AuditEvent } from '../api.js';

export const LANES = [...ALARM_TYPES, 'shelved', 'silent'] as const;
export type Lane = (typeof LANES)[number];

export interface Span {
  readonly lane: Lane;
  readonly fromMs: number;
  readonly toMs: number;
  /** The alarm that was open; null for a shelving or a silence. */
  readonly alarmId: string | null;
}

export interface SensorStates {
  readonly spans: readonly Span[];
  readonly strikes: readonly { readonly lane: AlarmType; readonly atMs: number }[];
}

/** In which states a sensor was, by its events, the newest first. What began before the first event begins with it, and what has not ended lasts until now. */
export function statesOf(events: readonly AuditEvent[], nowMs: number): SensorStates {
  const inOrder = [...events].reverse();
  const startMs = inOrder[0] === undefined ? nowMs : timeOf(inOrder[0]);
  const open = new Map<Lane, { fromMs: number; alarmId: string | null }>();
  const spans: Span[] = [];
  const strikes: SensorStates['strikes'][number][] = [];
  const begin = (lane: Lane, fromMs: number, alarmId: string | null) => open.has(lane) || open.set(lane, { fromMs, alarmId });
  const end = (lane: Lane, toMs: number, alarmId: string | null) => {
    const { fromMs, alarmId: opened } = open.get(lane) ?? { fromMs: startMs, alarmId };
    open.delete(lane);
    spans.push({ lane, fromMs, toMs, alarmId: opened });
  };
  for (const event of inOrder) {
    const { alarmType, alarmId, triggeredAt, recoveredAt, evidence } = event.data as unknown as EventData;
    switch (event.type) {
      case 'StrikeRecorded':
        strikes.push({ lane: alarmType, atMs: Date.parse(evidence.readAt) });
        break;
      case 'AlarmTriggered':
        begin(alarmType, Date.parse(triggeredAt), alarmId);
        break;
      case 'AlarmRecovered':
        end(alarmType, Date.parse(recoveredAt), alarmId);
        break;
      case 'SensorShelved':
        begin('shelved', timeOf(event), null);
        break;
      case 'SensorUnshelved':
        end('shelved', timeOf(event), null);
        break;
      case 'SensorWentSilent':
        begin('silent', timeOf(event), null);
        break;
      case 'SensorReturned':
        end('silent', timeOf(event), null);
        break;
    }
  }
  for (const [lane, { fromMs, alarmId }] of open) spans.push({ lane, fromMs, toMs: nowMs, alarmId });
  return { spans, strikes };
}

/** The fields of which each kind of event has some. */
interface EventData {
  readonly alarmType: AlarmType;
  readonly alarmId: string;
  readonly triggeredAt: string;
  readonly recoveredAt: string;
  readonly evidence: { readonly readAt: string };
}

/** When it was recorded. */
export function timeOf(event: AuditEvent): number {
  return Date.parse(String(event.metadata['recordedAt']));
}
