import { ZONES } from '../../../customers/zones.js';
import { ALARM_TYPES, EMAIL_STATES, queryOf, type AlarmSummary, type AlarmType, type EmailState } from '../api.js';
import { COLUMNS, type Sorting } from './sorting.js';

export interface StandingFilter {
  readonly type: AlarmType | null;
  readonly zone: string | null;
  readonly status: AlarmSummary['status'] | null;
  readonly email: EmailState | null;
  readonly sensor: number | null;
}

export const NO_STANDING_FILTER: StandingFilter = { type: null, zone: null, status: null, email: null, sensor: null };

export function isFiltered(filter: StandingFilter): boolean {
  return Object.values(filter).some((value) => value !== null);
}

const LARGEST_SENSOR = 2_147_483_647;

/** All that the page shows; its address says the same. */
export interface StandingChoice {
  readonly filter: StandingFilter;
  readonly sorting: Sorting;
}

/** `?type=smoke&zone=UK&sort=-sensor`; what is none is left out, and the newest come first. */
export function choiceOf(search: string): StandingChoice {
  const parameters = new URLSearchParams(search);
  const one = <T extends string>(name: string, of: readonly T[]): T | null => of.find((each) => each === parameters.get(name)) ?? null;
  const sensor = parameters.get('sensor') ?? '';
  const sort = parameters.get('sort') ?? '';
  const isDescending = sort.startsWith('-');
  return {
    filter: {
      type: one('type', ALARM_TYPES),
      zone: one('zone', ZONES),
      status: one('status', ['open', 'recovered'] as const),
      email: one('email', EMAIL_STATES),
      sensor: sensorOf(sensor),
    },
    sorting: { column: COLUMNS.find((column) => column === sort.slice(isDescending ? 1 : 0)) ?? 'age', isDescending },
  };
}

export function searchOf({ filter, sorting: { column, isDescending } }: StandingChoice): string {
  const sort = `${isDescending ? '-' : ''}${column}`;
  return queryOf({ ...filter, sort: sort === 'age' ? null : sort });
}

/** Null for a text without digits. */
export function sensorOf(text: string): number | null {
  const digits = text.replace(/\D/g, '');
  return digits === '' ? null : Math.min(Number(digits), LARGEST_SENSOR);
}
