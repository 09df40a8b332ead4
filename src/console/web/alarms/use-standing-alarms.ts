import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { AlarmSummary, ShelvedSensor } from '../api.js';
import { useLive } from '../live-hub.js';
import { loadSome, type Some } from '../load-some.js';
import { loadAlarms, type SomeAlarms } from '../open-alarms.js';
import { throttled } from '../throttle.js';
import type { StandingFilter } from './standing-choice.js';

const REFRESH_MS = 1000;

/** Of those that are acknowledged at least so many are shown, however many are not. */
const LEAST_ACKNOWLEDGED = 25;

/** Of the shelved sensors so many at first, and so many more on demand. */
const SHELVED_PAGE = 200;

export interface StandingAlarms {
  /** Null before the first answer. */
  readonly unacknowledged: SomeAlarms | null;
  readonly acknowledged: SomeAlarms | null;
  readonly shelved: Some<ShelvedSensor> | null;
  readonly hasFailed: boolean;
}

const NOTHING: StandingAlarms = { unacknowledged: null, acknowledged: null, shelved: null, hasFailed: false };
const NONE: SomeAlarms = { alarms: [], total: 0 };

/** The alarms that stand and the shelved sensors, kept up to date by the live events; `wanted`: how many alarms at most, `order`: which of them first. */
export function useStandingAlarms(filter: StandingFilter, order: 'newest' | 'oldest', wanted: number): StandingAlarms & { readonly refresh: () => void; readonly moreShelved: () => void } {
  const [data, setData] = useState(NOTHING);
  const asked = useRef({ filter, order, wanted });
  asked.current = { filter, order, wanted };
  const wantedShelved = useRef(SHELVED_PAGE);

  const refresh = useMemo(() => {
    const guarded = (run: () => Promise<Partial<StandingAlarms> | null>) =>
      throttled(REFRESH_MS, async () => {
        const part = await run().catch(() => ({ hasFailed: true }));
        if (part !== null) setData((before) => ({ ...before, hasFailed: false, ...part }));
      });
    return {
      alarms: guarded(async () => {
        const then = asked.current;
        const { status, ...filtered } = then.filter;
        const rest = { ...filtered, order: then.order };
        const unacknowledged = await loadAlarms({ ...rest, status, acknowledged: 'no' }, then.wanted);
        const room = Math.max(LEAST_ACKNOWLEDGED, then.wanted - unacknowledged.alarms.length);
        // What is recovered and acknowledged stands no more.
        const acknowledged = status === 'recovered' ? NONE : await loadAlarms({ ...rest, status: 'open', acknowledged: 'yes' }, room);
        const now = asked.current;
        return then.filter === now.filter && then.order === now.order && then.wanted === now.wanted ? { unacknowledged, acknowledged } : null;
      }),
      shelved: guarded(async () => ({ shelved: await loadSome<ShelvedSensor>('/api/shelved', {}, wantedShelved.current) })),
    };
  }, []);
  const askAll = () => [refresh.alarms, refresh.shelved].forEach(({ ask }) => ask());

  useLive({
    onReset: askAll,
    onAlarm: (alarm) => {
      // A row that is there shows at once what has become of it; where it belongs, the server says.
      setData((before) => ({ ...before, unacknowledged: patched(before.unacknowledged, alarm), acknowledged: patched(before.acknowledged, alarm) }));
      refresh.alarms.ask();
    },
    onShelved: refresh.shelved.ask,
  });
  useEffect(() => refresh.alarms.ask(), [refresh, filter, order, wanted]);
  useEffect(() => {
    refresh.shelved.ask();
    return () => [refresh.alarms, refresh.shelved].forEach(({ stop }) => stop());
  }, [refresh]);
  const moreShelved = () => {
    wantedShelved.current += SHELVED_PAGE;
    refresh.shelved.ask();
  };
  return { ...data, refresh: askAll, moreShelved };
}

function patched(some: SomeAlarms | null, changed: AlarmSummary): SomeAlarms | null {
  if (some === null || !some.alarms.some(({ alarmId }) => alarmId === changed.alarmId)) return some;
  return { ...some, alarms: some.alarms.map((alarm) => (alarm.alarmId === changed.alarmId ? changed : alarm)) };
}
