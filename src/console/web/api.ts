import type { AlarmType } from '../../alarm-domain/reading.js';
import type { z } from 'zod';
import type { Customer } from '../../customers/customer.js';
import type { alarm, alarmList, countList, customerNames, health, mail, sensorShelving, shelvedList } from '../response-schemas.js';
import type { LoadAnswer } from '../load-schemas.js';
import type { CellSensorsAnswer, mapAnswer } from '../map-schemas.js';
import type { PastAnswer } from '../past-schemas.js';
import type { AlarmDetails, AuditEvent, DeadLetterList, SensorAudit, SensorDetails, Session, SilentList } from '../response-schemas.js';

export type { AlarmDetails, AlarmType, AuditEvent, CellSensorsAnswer, Customer, LoadAnswer, PastAnswer, SensorAudit, SensorDetails, Session };
export type { HealthStatus } from '../health-report.js';

/** The page's view of the API: the types come from the schemas that the API answers by. */
export type AlarmSummary = Omit<z.infer<typeof alarm>, 'evidence' | 'policy'>;
/** As it is told of while it happens; `isNew`: it has just opened. */
export type LiveAlarm = AlarmSummary & { readonly isNew: boolean };
export type EmailState = AlarmSummary['email'];
export type AlarmList = z.infer<typeof alarmList>;
export type MapAnswer = z.infer<typeof mapAnswer>;
export type MapCell = MapAnswer['cells'][number];
export type MinuteCounts = z.infer<typeof countList>;
export type HealthAnswer = z.infer<typeof health>;
export type Mail = z.infer<typeof mail>;
export type CustomerNames = z.infer<typeof customerNames>;
export type ShelvedList = z.infer<typeof shelvedList>;
export type ShelvedSensor = ShelvedList['items'][number];
export type DeadLetter = DeadLetterList['items'][number];
export type SilentSensor = SilentList['items'][number];
export type SensorShelving = z.infer<typeof sensorShelving>;

export const ALARM_TYPES: readonly AlarmType[] = ['motion', 'smoke', 'temperature'];
export const EMAIL_STATES: readonly EmailState[] = ['pending', 'sent', 'held', 'withheld', 'parked'];

const LIMIT_MS = 15_000;

/** The event of the window when the server knows nobody here any more. */
export const LOGGED_OUT = 'vigia:logged-out';

/** Tells the page when an answer says that nobody is logged in. */
function heeded(answer: Response): Response {
  if (answer.status === 401) window.dispatchEvent(new Event(LOGGED_OUT));
  return answer;
}

/** Asks whether somebody is still logged in: a stream of events that was closed does not say why. */
export function checkSession(): void {
  getJson<Session>('/api/session').then(
    ({ user }) => user === null && window.dispatchEvent(new Event(LOGGED_OUT)),
    () => undefined,
  );
}

/** There is nothing at the address. */
export class NotFound extends Error {}

/** The JSON at an address of this server. Thrown: `NotFound`; an error with the status. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  const answer = heeded(await fetch(path, { signal: signal ? AbortSignal.any([signal, limit]) : limit, headers: { Accept: 'application/json' } }));
  if (answer.status === 404) throw new NotFound(path);
  // A system that is down answers its health with 503, and says which part it is.
  if (!answer.ok && !(answer.status === 503 && path === '/api/health')) throw new Error(`${path}: ${answer.status}`);
  return (await answer.json()) as T;
}

/** `{zone:'UK',type:undefined}` → `?zone=UK`. */
export function queryOf(parameters: Readonly<Record<string, string | number | null | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, String(value)]]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

/** The answer to JSON that is sent, whatever it is. */
export function post(path: string, body: object, { headers = {}, signal }: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal } = {}): Promise<Response> {
  return fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body), ...(signal ? { signal } : {}) });
}

/** The same for what only somebody who is logged in may do. */
export async function command(...asked: Parameters<typeof post>): Promise<Response> {
  return heeded(await post(...asked));
}

/**
 * What became of a command. `stale`: it has been changed since its version was read; `refused`: the server says why not;
 * `unanswered`: it may have been carried out or not.
 */
export type Outcome = { readonly state: 'done' } | { readonly state: 'stale' } | { readonly state: 'refused'; readonly detail: string } | { readonly state: 'unanswered' };

/** Sends a command about what had `version` when it was read; null when it has none. */
export async function send(path: string, body: object, version: number | null): Promise<Outcome> {
  const headers: Record<string, string> = version === null ? {} : { 'If-Match': `"${version}"` };
  try {
    const answer = await command(path, body, { headers, signal: AbortSignal.timeout(LIMIT_MS) });
    if (answer.ok) return { state: 'done' };
    if (answer.status === 412) return { state: 'stale' };
    const { detail } = (await answer.json()) as { detail?: string };
    return { state: 'refused', detail: detail ?? String(answer.status) };
  } catch {
    return { state: 'unanswered' };
  }
}
