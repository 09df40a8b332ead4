import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { getJson, queryOf, type LoadAnswer } from '../api.js';
import { useLive } from '../live-hub.js';
import { throttled } from '../throttle.js';
import { useAsked } from '../use-asked.js';
import { lengthMsOf, type LoadChoice } from './load-choice.js';

/** A month of alarms takes the server a second or two. */
const REFRESH_MS = 3000;
const QUIET_REFRESH_MS = 60_000;
const PERIOD_MS = 600_000;

/** Whole periods, of which the last is the one that has begun. */
function beginningOf(choice: LoadChoice): string {
  return new Date((Math.floor(Date.now() / PERIOD_MS) + 1) * PERIOD_MS - lengthMsOf(choice)).toISOString();
}

/** The load up to now, kept up to date. */
export function useLoad(choice: LoadChoice): { readonly load: LoadAnswer | null; readonly hasFailed: boolean } {
  const [data, setData] = useState<{ load: LoadAnswer | null; hasFailed: boolean }>({ load: null, hasFailed: false });
  const asked = useRef(choice);
  asked.current = choice;
  const refresh = useMemo(
    () =>
      throttled(REFRESH_MS, async () => {
        const then = asked.current;
        try {
          const load = await getJson<LoadAnswer>(`/api/load${queryOf({ from: beginningOf(then), zone: then.zone })}`);
          if (then === asked.current) setData({ load, hasFailed: false });
        } catch {
          setData((before) => ({ ...before, hasFailed: true }));
        }
      }),
    [],
  );
  // A longer range hardly changes by an alarm, and costs more.
  const ifShort = () => asked.current.last === 'day' && refresh.ask();
  useLive({ onReset: refresh.ask, onCounts: ifShort, onAlarm: ifShort });
  useAsked(refresh, QUIET_REFRESH_MS);
  useEffect(refresh.ask, [refresh, choice]);
  return data;
}
