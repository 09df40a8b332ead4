import type { AlarmType } from '../../alarm-domain/reading.js';
import type { z } from 'zod';
import type { alarm, alarmList, countList, health, mail, mapAnswer } from '../response-schemas.js';
import type { AlarmDetails } from '../response-schemas.js';

export type { AlarmDetails, AlarmType };
export type { HealthStatus } from '../health-report.js';

/** The page's view of the API: the types come from the schemas that the API answers by. */
export type AlarmSummary = Omit<z.infer<typeof alarm>, 'evidence' | 'policy'>;
export type EmailState = AlarmSummary['email'];
export type AlarmList = z.infer<typeof alarmList>;
export type MapAnswer = z.infer<typeof mapAnswer>;
export type MapCell = MapAnswer['cells'][number];
export type MinuteCounts = z.infer<typeof countList>;
export type HealthAnswer = z.infer<typeof health>;
export type Mail = z.infer<typeof mail>;

export const ALARM_TYPES: readonly AlarmType[] = ['motion', 'smoke', 'temperature'];

const LIMIT_MS = 15_000;

/** The JSON at an address of this server. Thrown: an error with the status. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  const answer = await fetch(path, { signal: signal ? AbortSignal.any([signal, limit]) : limit, headers: { Accept: 'application/json' } });
  // A system that is down answers its health with 503, and says which part it is.
  if (!answer.ok && !(answer.status === 503 && path === '/api/health')) throw new Error(`${path}: ${answer.status}`);
  return (await answer.json()) as T;
}

/** `{zone:'UK',type:undefined}` → `?zone=UK`. */
export function queryOf(parameters: Readonly<Record<string, string | number | null | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, String(value)]]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
