import { ZONES } from '../../customers/zones.js';
import { ALARM_TYPES, queryOf, type AlarmSummary, type AlarmType } from './api.js';
import { loadSome } from './load-some.js';

/** Which open alarms the list shows. */
export interface AlarmFilter {
  readonly type: AlarmType | null;
  readonly zone: string | null;
  /** A geohash prefix. */
  readonly cell: string | null;
}

export const NO_FILTER: AlarmFilter = { type: null, zone: null, cell: null };

/** `?zone=UK&cell=gcp&type=smoke`; what is none is left out. */
export function filterOf(search: string): AlarmFilter {
  const parameters = new URLSearchParams(search);
  const [type, zone, cell] = ['type', 'zone', 'cell'].map((name) => parameters.get(name));
  return {
    type: ALARM_TYPES.find((each) => each === type) ?? null,
    zone: ZONES.find((each) => each === zone) ?? null,
    cell: cellIn(cell),
  };
}

/** A geohash prefix, if it is one. */
export function cellIn(text: string | null | undefined): string | null {
  return text && /^[0-9b-hjkmnp-z]{1,9}$/.test(text) ? text : null;
}

export function searchOf({ type, zone, cell }: AlarmFilter): string {
  return queryOf({ zone, cell, type });
}

export interface SomeAlarms {
  readonly alarms: readonly AlarmSummary[];
  /** How many there are, loaded or not. */
  readonly total: number;
}

/** The newest open alarms that pass, `wanted` at most, and how many there are. */
export function loadOpenAlarms(filter: AlarmFilter, wanted: number): Promise<SomeAlarms> {
  return loadAlarms({ status: 'open', ...filter }, wanted);
}

/** The first `most` alarms that the parameters ask for. */
export async function loadAlarms(parameters: Parameters<typeof queryOf>[0], most: number): Promise<SomeAlarms> {
  const { items: alarms, total } = await loadSome<AlarmSummary>('/api/alarms', parameters, most);
  return { alarms, total };
}

/** The list after an alarm has changed; of `total` alarms it may be the first part, which gets no alarm from beyond its end. */
export function merge(alarms: readonly AlarmSummary[], changed: AlarmSummary, filter: AlarmFilter, total: number): readonly AlarmSummary[] {
  const others = alarms.filter(({ alarmId }) => alarmId !== changed.alarmId);
  if (changed.status !== 'open' || !matches(changed, filter)) return others.length === alarms.length ? alarms : others;
  const at = others.findIndex(({ triggeredAt }) => triggeredAt <= changed.triggeredAt);
  if (at === -1 && others.length === alarms.length && alarms.length < total) return alarms;
  return at === -1 ? [...others, changed] : [...others.slice(0, at), changed, ...others.slice(at)];
}

export function matches({ type, zone, geohash }: AlarmSummary, filter: AlarmFilter): boolean {
  return (
    (filter.type === null || type === filter.type) &&
    (filter.zone === null || zone === filter.zone) &&
    (filter.cell === null || (geohash?.startsWith(filter.cell) ?? false))
  );
}
