import type { AlarmType } from '../alarm-domain/reading.js';
import { DurationHistogram } from './duration-histogram.js';

/**
 * What the field calls too much; all of it is of one operator's console. Of the averages per 10 minutes 1 is very likely to be
 * acceptable, 2 the most that can be managed; more than 10 alarms in 10 minutes are a flood; an alarm chatters that comes three times in a
 * minute; one that is active for over a day is stale. Source: ANSI/ISA-18.2-2016 (IEC 62682), EEMUA 191.
 */
export const LOAD_THRESHOLDS = { periodMinutes: 10, acceptablePerPeriod: 1, manageablePerPeriod: 2, floodAbove: 10, chatterAlarms: 3, chatterSeconds: 60, staleHours: 24 } as const;

export const PERIOD_MS = LOAD_THRESHOLDS.periodMinutes * 60_000;
export const DAY_MS = 86_400_000;
const CHATTER_MS = LOAD_THRESHOLDS.chatterSeconds * 1000;

/** How many of a list are told. */
export const MOST_LISTED = 10;

/** With more sensors than these in alarm a range is refused: what is kept of each is some 300 bytes, so 30 MB at most. */
export const MOST_SENSORS = 100_000;

export const LOAD_LEVELS = ['acceptable', 'manageable', 'demanding', 'unacceptable'] as const;
export type LoadLevel = (typeof LOAD_LEVELS)[number];

/** An alarm as the load is measured by it. `zone` is null for a sensor without a place. */
export interface LoadAlarm {
  readonly triggeredMs: number;
  readonly sensorId: number;
  readonly type: AlarmType;
  readonly acknowledgedMs: number | null;
  readonly zone: string | null;
}

/** The load of one console. `floodShare`: the part (0 to 1) of its periods that had a flood. */
export interface ConsoleLoad {
  readonly alarms: number;
  readonly perPeriod: number;
  readonly perDay: number;
  readonly mostInPeriod: number;
  readonly mostInDay: number;
  readonly floodPeriods: number;
  readonly floodShare: number;
  readonly level: LoadLevel;
  /** From the reading's time to the acknowledgement; null without any. Within 1 %. */
  readonly acknowledged: { readonly count: number; readonly p50Ms: number | null; readonly p95Ms: number | null };
}

/** Alarms of one sensor and type that came three or more in a minute. */
export interface ChatteringSensor {
  readonly sensorId: number;
  readonly type: AlarmType;
  readonly zone: string | null;
  readonly alarms: number;
  readonly lastMs: number;
}

export interface BusySensor {
  readonly sensorId: number;
  readonly zone: string | null;
  readonly alarms: number;
}

/** A time in whole periods: `fromMs` is the beginning of one. */
export interface LoadRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What one operator has to see to in a range of time, period by period. */
export class ConsoleTally {
  private readonly periods: Uint32Array;
  private readonly acknowledged = new DurationHistogram();
  private alarms = 0;

  constructor(private readonly range: LoadRange) {
    this.periods = new Uint32Array(Math.max(1, Math.ceil((range.toMs - range.fromMs) / PERIOD_MS)));
  }

  add({ triggeredMs, acknowledgedMs }: LoadAlarm): void {
    const period = Math.floor((triggeredMs - this.range.fromMs) / PERIOD_MS);
    this.periods[period] = (this.periods[period] ?? 0) + 1;
    this.alarms += 1;
    if (acknowledgedMs !== null) this.acknowledged.add(acknowledgedMs - triggeredMs);
  }

  get load(): ConsoleLoad {
    const { alarms, periods, acknowledged } = this;
    const lengthMs = this.range.toMs - this.range.fromMs;
    const perPeriod = (alarms * PERIOD_MS) / lengthMs;
    const floodPeriods = periods.reduce((floods, inPeriod) => floods + (inPeriod > LOAD_THRESHOLDS.floodAbove ? 1 : 0), 0);
    return {
      alarms,
      perPeriod,
      perDay: (alarms * DAY_MS) / lengthMs,
      mostInPeriod: periods.reduce((most, inPeriod) => Math.max(most, inPeriod), 0),
      mostInDay: Math.max(...this.days.map(({ alarms: inDay }) => inDay)),
      floodPeriods,
      floodShare: floodPeriods / periods.length,
      level: levelOf(perPeriod),
      acknowledged: { count: acknowledged.count, p50Ms: acknowledged.percentile(0.5), p95Ms: acknowledged.percentile(0.95) },
    };
  }

  /** The periods that had alarms. */
  get filled(): readonly { readonly fromMs: number; readonly alarms: number }[] {
    return [...this.periods].map((alarms, period) => ({ fromMs: this.range.fromMs + period * PERIOD_MS, alarms })).filter(({ alarms }) => alarms > 0);
  }

  /** Every 24 hours from the beginning of the range on; the last may be shorter. */
  get days(): readonly { readonly fromMs: number; readonly alarms: number }[] {
    const perDay = DAY_MS / PERIOD_MS;
    return Array.from({ length: Math.ceil(this.periods.length / perDay) }, (_, day) => ({
      fromMs: this.range.fromMs + day * DAY_MS,
      alarms: this.periods.subarray(day * perDay, (day + 1) * perDay).reduce((sum, alarms) => sum + alarms, 0),
    }));
  }
}

/** Which sensors make the load: the busiest, and those that chatter. Alarms are added in the order of their times. */
export class SensorTally {
  private readonly busy = new Map<number, { zone: string | null; alarms: number }>();
  private readonly chatter = new Map<string, ChatteringSensor>();
  /** Of each sensor and type the last alarm, and those within a minute before it, three at most; `isCounted`: it is among the chattering ones already. */
  private readonly recent = new Map<string, { readonly atMs: number; isCounted: boolean }[]>();

  /** Thrown: a RangeError when there are more than `MOST_SENSORS`. */
  add(alarm: LoadAlarm): void {
    const { sensorId, zone } = alarm;
    const sensor = this.busy.get(sensorId);
    if (sensor) sensor.alarms += 1;
    else if (this.busy.size === MOST_SENSORS) throw new RangeError(`more than ${MOST_SENSORS} sensors had alarms; ask for a shorter time`);
    else this.busy.set(sensorId, { zone, alarms: 1 });
    this.noteChatter(alarm);
  }

  private noteChatter({ sensorId, type, zone, triggeredMs }: LoadAlarm): void {
    const key = `${sensorId} ${type}`;
    const before = (this.recent.get(key) ?? []).filter(({ atMs }) => triggeredMs - atMs <= CHATTER_MS);
    const close = [...before, { atMs: triggeredMs, isCounted: false }].slice(-LOAD_THRESHOLDS.chatterAlarms);
    this.recent.set(key, close);
    if (close.length < LOAD_THRESHOLDS.chatterAlarms) return;
    const counted = close.filter(({ isCounted }) => !isCounted).length;
    this.chatter.set(key, { sensorId, type, zone, alarms: (this.chatter.get(key)?.alarms ?? 0) + counted, lastMs: triggeredMs });
    for (const each of close) each.isCounted = true;
  }

  get busiest(): { readonly total: number; readonly items: readonly BusySensor[] } {
    const items = [...this.busy].map(([sensorId, sensor]) => ({ sensorId, ...sensor })).sort(byAlarms);
    return { total: items.length, items: items.slice(0, MOST_LISTED) };
  }

  get chattering(): { readonly total: number; readonly items: readonly ChatteringSensor[] } {
    const items = [...this.chatter.values()].sort(byAlarms);
    return { total: items.length, items: items.slice(0, MOST_LISTED) };
  }
}

function byAlarms(one: BusySensor, other: BusySensor): number {
  return other.alarms - one.alarms || one.sensorId - other.sensorId;
}

function levelOf(perPeriod: number): LoadLevel {
  if (perPeriod <= LOAD_THRESHOLDS.acceptablePerPeriod) return 'acceptable';
  if (perPeriod <= LOAD_THRESHOLDS.manageablePerPeriod) return 'manageable';
  return perPeriod <= LOAD_THRESHOLDS.floodAbove ? 'demanding' : 'unacceptable';
}
