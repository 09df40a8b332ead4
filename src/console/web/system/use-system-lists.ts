import { useMemo, useRef, useState } from 'preact/hooks';
import type { AlarmSummary, DeadLetter, SilentSensor } from '../api.js';
import { useLive } from '../live-hub.js';
import { loadSome, type Some } from '../load-some.js';
import { throttled } from '../throttle.js';
import { useAsked } from '../use-asked.js';

const REFRESH_MS = 1000;
/** Dead letters and silences are told of by nobody. */
const QUIET_REFRESH_MS = 10_000;
const PAGE = 200;

/** What waits for somebody, the newest first; each null before the first answer. */
interface Lists {
  readonly letters: Some<DeadLetter> | null;
  readonly parked: Some<AlarmSummary> | null;
  readonly silent: Some<SilentSensor> | null;
  readonly hasFailed: boolean;
}

type ListName = Exclude<keyof Lists, 'hasFailed'>;

export function useSystemLists(): Lists & { readonly refresh: () => void; readonly more: (list: ListName) => void } {
  const [lists, setLists] = useState<Lists>({ letters: null, parked: null, silent: null, hasFailed: false });
  const wanted = useRef<Record<ListName, number>>({ letters: PAGE, parked: PAGE, silent: PAGE });
  const refresh = useMemo(
    () =>
      throttled(REFRESH_MS, async () => {
        const most = wanted.current;
        try {
          const [letters, parked, silent] = await Promise.all([
            loadSome<DeadLetter>('/api/operations/dead-letters', { status: 'open' }, most.letters),
            loadSome<AlarmSummary>('/api/alarms', { email: 'parked' }, most.parked),
            loadSome<SilentSensor>('/api/silent', {}, most.silent),
          ]);
          setLists({ letters, parked, silent, hasFailed: false });
        } catch {
          setLists((before) => ({ ...before, hasFailed: true }));
        }
      }),
    [],
  );
  useLive({ onReset: refresh.ask, onAlarm: refresh.ask });
  useAsked(refresh, QUIET_REFRESH_MS);
  const more = (list: ListName) => {
    wanted.current[list] += PAGE;
    refresh.ask();
  };
  return { ...lists, refresh: refresh.ask, more };
}
