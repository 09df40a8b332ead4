import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { getJson, queryOf, type AlarmList, type AlarmSummary, type MapAnswer, type MinuteCounts } from './api.js';
import { useLive } from './live-hub.js';
import { loadOpenAlarms, matches, merge, type AlarmFilter } from './open-alarms.js';
import { throttled } from './throttle.js';

const REFRESH_MS = 1000;
const MINUTE_MS = 60_000;
/** The minutes move on even when nothing happens. */
const COUNTS_MS = 15_000;

export interface OverviewData {
  readonly map: MapAnswer | null;
  readonly counts: MinuteCounts['items'] | null;
  readonly alarms: readonly AlarmSummary[] | null;
  /** How many alarms the filter lets through, also those not loaded. */
  readonly total: number;
  /** Open alarms of every type in a zone: the chosen one, or the one before while its answer is not there. Null before the first. */
  readonly openInZone: { readonly zone: string; readonly total: number } | null;
  readonly hasFailed: boolean;
}

const NOTHING: OverviewData = { map: null, counts: null, alarms: null, total: 0, openInZone: null, hasFailed: false };

/** All that the overview shows, kept up to date by the live events. */
export function useOverviewData(filter: AlarmFilter, wanted: number, prefixLength: number): OverviewData {
  const [data, setData] = useState(NOTHING);
  const asked = useRef({ filter, wanted, prefixLength });
  asked.current = { filter, wanted, prefixLength };

  const refresh = useMemo(() => {
    const put = (part: Partial<OverviewData>) => setData((before) => ({ ...before, ...part, hasFailed: false }));
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
      total: guarded(async () => {
        const then = asked.current;
        const { total } = await getJson<AlarmList>(`/api/alarms${queryOf({ status: 'open', ...then.filter, limit: 1 })}`);
        if (isStill(then)) put({ total });
      }),
      zone: guarded(async () => {
        const { zone } = asked.current.filter;
        if (zone === null) return;
        const { total } = await getJson<AlarmList>(`/api/alarms${queryOf({ status: 'open', zone, limit: 1 })}`);
        put({ openInZone: { zone, total } });
      }),
    };
  }, []);
  const all = Object.values(refresh);

  useLive({
    onReset: () => all.forEach(({ ask }) => ask()),
    onAlarm: (alarm) => {
      setData((before) => (before.alarms === null ? before : { ...before, alarms: merge(before.alarms, alarm, asked.current.filter, before.total) }));
      refresh.total.ask();
      refresh.zone.ask();
      // What is beyond the loaded part can't be patched.
      if (alarm.status === 'recovered' || !matches(alarm, asked.current.filter)) refresh.alarms.ask();
    },
    onMap: refresh.map.ask,
    onCounts: refresh.counts.ask,
  });
  useEffect(() => {
    refresh.counts.ask();
    const timer = setInterval(refresh.counts.ask, COUNTS_MS);
    return () => {
      clearInterval(timer);
      all.forEach(({ stop }) => stop());
    };
  }, [refresh]);

  useEffect(() => {
    refresh.alarms.ask();
    refresh.total.ask();
  }, [refresh, filter, wanted]);
  useEffect(() => {
    refresh.map.ask();
    refresh.zone.ask();
  }, [refresh, filter.zone, prefixLength]);

  return data;
}
