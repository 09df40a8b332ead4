import { useEffect, useMemo, useState } from 'preact/hooks';
import { getJson, queryOf, type AlarmList, type HealthAnswer, type ShelvedList } from './api.js';
import type { LiveHub } from './live-hub.js';
import type { LiveState } from './live.js';
import { throttled } from './throttle.js';

const REFRESH_MS = 1000;
const HEALTH_MS = 10_000;
const CLOCK_MS = 5000;

/** What every page shows at its top, and the clock that ages are told by. */
export interface SystemData {
  readonly live: LiveState;
  readonly lastSignalAt: Date | null;
  /** Null before the first answer, `unknown` when there is none. */
  readonly health: HealthAnswer | 'unknown' | null;
  /** Open alarms of all types and zones. */
  readonly openTotal: number | null;
  /** Alarms, open or recovered, that nobody has acknowledged. */
  readonly unacknowledged: number | null;
  readonly shelved: number | null;
  readonly hasFailed: boolean;
  readonly nowMs: number;
}

const NOTHING: SystemData = {
  live: 'connecting', lastSignalAt: null, health: null, openTotal: null, unacknowledged: null, shelved: null, hasFailed: false, nowMs: Date.now(),
};

/** `onNewAlarm` is called for each alarm that opens and calls for somebody: not for one of a shelved sensor. */
export function useSystemData(hub: LiveHub, onNewAlarm: () => void): SystemData {
  const [data, setData] = useState(NOTHING);

  const refresh = useMemo(() => {
    const put = (part: Partial<SystemData>) => setData((before) => ({ ...before, ...part }));
    const guarded = (run: () => Promise<void>) => throttled(REFRESH_MS, () => run().catch(() => put({ hasFailed: true })));
    // After a reset nobody is told of single alarms: that there are more must do.
    let isReset = false;
    let before: number | null = null;
    const totals = guarded(async () => {
      const count = async (filter: Record<string, string>) => (await getJson<AlarmList>(`/api/alarms${queryOf({ ...filter, limit: 1 })}`)).total;
      const [openTotal, unacknowledged] = await Promise.all([count({ status: 'open' }), count({ acknowledged: 'no' })]);
      if (isReset && before !== null && unacknowledged > before) onNewAlarm();
      isReset = false;
      before = unacknowledged;
      put({ openTotal, unacknowledged, hasFailed: false });
    });
    return {
      totals,
      shelved: guarded(async () => put({ shelved: (await getJson<ShelvedList>('/api/shelved?limit=1')).total })),
      health: throttled(REFRESH_MS, async () => put({ health: await getJson<HealthAnswer>('/api/health').catch(() => 'unknown' as const) })),
      noteReset: () => {
        isReset = true;
      },
    };
  }, []);

  useEffect(() => {
    const { totals, shelved, health, noteReset } = refresh;
    const stopListening = hub.listen({
      onReset: () => {
        noteReset();
        [totals, shelved, health].forEach(({ ask }) => ask());
      },
      onAlarm: (alarm) => {
        totals.ask();
        if (alarm.isNew && alarm.email !== 'held') onNewAlarm();
      },
      onShelved: shelved.ask,
      onState: (live, lastSignalAt) => setData((before) => (before.live === live && live === 'live' ? before : { ...before, live, lastSignalAt })),
    });
    const stopLive = hub.start();
    health.ask();
    const timers = [setInterval(health.ask, HEALTH_MS), setInterval(() => setData((before) => ({ ...before, nowMs: Date.now() })), CLOCK_MS)];
    return () => {
      stopListening();
      stopLive();
      timers.forEach(clearInterval);
      [totals, shelved, health].forEach(({ stop }) => stop());
    };
  }, [hub, refresh]);

  return data;
}
