import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { getJson, queryOf, type AlarmList, type AlarmSummary, type AlarmType, type HealthAnswer, type MapAnswer, type MinuteCounts } from './api.js';
import { followLive, type LiveState } from './live.js';
import { loadOpenAlarms, matches, merge, type AlarmFilter } from './open-alarms.js';
import { throttled } from './throttle.js';

const REFRESH_MS = 1000;
const HEALTH_MS = 10_000;
const MINUTE_MS = 60_000;
/** The minutes move on even when nothing happens. */
const COUNTS_MS = 15_000;

export interface ConsoleData {
  readonly live: LiveState;
  readonly lastSignalAt: Date | null;
  /** Null before the first answer, `unknown` when there is none. */
  readonly health: HealthAnswer | 'unknown' | null;
  readonly map: MapAnswer | null;
  readonly counts: MinuteCounts['items'] | null;
  readonly alarms: readonly AlarmSummary[] | null;
  /** How many alarms the filter lets through, also those not loaded. */
  readonly total: number;
  /** Open alarms of all types and zones. */
  readonly openTotal: number | null;
  readonly hasFailed: boolean;
  readonly nowMs: number;
}

const NOTHING: ConsoleData = {
  live: 'connecting', lastSignalAt: null, health: null, map: null, counts: null, alarms: null, total: 0, openTotal: null, hasFailed: false, nowMs: Date.now(),
};

/** All that the page shows, kept up to date by the live events. */
export function useConsoleData(filter: AlarmFilter, wanted: number, prefixLength: number): ConsoleData {
  const [data, setData] = useState(NOTHING);
  const asked = useRef({ filter, wanted, prefixLength });
  asked.current = { filter, wanted, prefixLength };

  const refresh = useMemo(() => {
    const put = (part: Partial<ConsoleData>) => setData((before) => ({ ...before, ...part, hasFailed: false }));
    const guarded = (run: () => Promise<void>) => throttled(REFRESH_MS, () => run().catch(() => setData((before) => ({ ...before, hasFailed: true }))));
    const isStill = (then: typeof asked.current) => then.filter === asked.current.filter && then.wanted === asked.current.wanted;
    return {
      map: guarded(async () => {
        const { filter: { zone }, prefixLength: length } = asked.current;
        const map = await getJson<MapAnswer>(`/api/map${queryOf({ prefixLength: length, zone })}`);
        if (zone === asked.current.filter.zone) put({ map });
      }),
      counts: guarded(async () => {
        const to = Math.ceil((Date.now() + 1) / MINUTE_MS) * MINUTE_MS;
        const range = { from: new Date(to - 60 * MINUTE_MS).toISOString(), to: new Date(to).toISOString() };
        put({ counts: (await getJson<MinuteCounts>(`/api/counts${queryOf(range)}`)).items });
      }),
      alarms: guarded(async () => {
        const then = asked.current;
        const { alarms, total } = await loadOpenAlarms(then.filter, then.wanted);
        if (isStill(then)) put({ alarms, total });
      }),
      totals: guarded(async () => {
        const then = asked.current;
        const { type, zone, cell } = then.filter;
        const all = await getJson<AlarmList>(`/api/alarms${queryOf({ status: 'open', limit: 1 })}`);
        const isAll = type === null && zone === null;
        const some = isAll ? all : await getJson<AlarmList>(`/api/alarms${queryOf({ status: 'open', type, zone, limit: 1 })}`);
        put({ openTotal: all.total, ...(isStill(then) && cell === null ? { total: some.total } : {}) });
      }),
      health: guarded(async () => {
        const health = await getJson<HealthAnswer>('/api/health').catch(() => 'unknown' as const);
        setData((before) => ({ ...before, health }));
      }),
    };
  }, []);

  useEffect(() => {
    const all = Object.values(refresh);
    const stopLive = followLive({
      onReset: () => all.forEach(({ ask }) => ask()),
      onAlarm: (alarm) => {
        setData((before) => (before.alarms === null ? before : { ...before, alarms: merge(before.alarms, alarm, asked.current.filter) }));
        refresh.totals.ask();
        // What is beyond the loaded part can't be patched.
        if (alarm.status === 'recovered' || !matches(alarm, asked.current.filter)) refresh.alarms.ask();
      },
      onMap: refresh.map.ask,
      onCounts: refresh.counts.ask,
      onState: (live, lastSignalAt) => setData((before) => (before.live === live && live === 'live' ? before : { ...before, live, lastSignalAt })),
    });
    refresh.health.ask();
    const timers = [
      setInterval(refresh.health.ask, HEALTH_MS),
      setInterval(refresh.counts.ask, COUNTS_MS),
      setInterval(() => setData((before) => ({ ...before, nowMs: Date.now() })), REFRESH_MS * 5),
    ];
    return () => {
      stopLive();
      timers.forEach(clearInterval);
      all.forEach(({ stop }) => stop());
    };
  }, [refresh]);

  useEffect(() => {
    refresh.alarms.ask();
    refresh.totals.ask();
  }, [refresh, filter, wanted]);
  useEffect(() => refresh.map.ask(), [refresh, filter.zone, prefixLength]);

  return data;
}

export type { AlarmType };
