import { useMemo, useRef, useState } from 'preact/hooks';
import { getJson, NotFound, type AlarmSummary, type AuditEvent, type Customer, type SensorDetails, type SensorShelving } from '../api.js';
import { useLive } from '../live-hub.js';
import { loadSome, type Some } from '../load-some.js';
import { throttled } from '../throttle.js';
import { useAsked } from '../use-asked.js';

const REFRESH_MS = 1000;
/** Strikes and silences are told of by nobody. */
const QUIET_REFRESH_MS = 10_000;
const PAGE = 100;

export interface SensorData {
  readonly sensor: SensorDetails | 'unknown' | null;
  readonly shelving: SensorShelving | null;
  /** Null until it is known that there is one. */
  readonly customer: Customer | null;
  /** The newest first. */
  readonly alarms: Some<AlarmSummary> | null;
  /** The newest first. */
  readonly events: Some<AuditEvent>;
  readonly hasFailed: boolean;
}

const NOTHING: SensorData = { sensor: null, shelving: null, customer: null, alarms: null, events: { items: [], total: 0 }, hasFailed: false };

/** All that is known of one sensor. */
export function useSensor(sensorId: string): SensorData & { readonly refresh: () => void; readonly moreAlarms: () => void; readonly moreEvents: () => void } {
  const [data, setData] = useState(NOTHING);
  const wanted = useRef({ alarms: PAGE, events: PAGE });

  const refresh = useMemo(
    () =>
      throttled(REFRESH_MS, async () => {
        const base = `/api/sensors/${sensorId}`;
        try {
          const sensor = await getJson<SensorDetails>(base);
          const [shelving, alarms, events, customer] = await Promise.all([
            getJson<SensorShelving>(`${base}/shelving`),
            loadSome<AlarmSummary>('/api/alarms', { sensor: sensorId }, wanted.current.alarms),
            // The audit knows a sensor only by its events.
            sensor.lastEvents.length > 0 ? loadSome<AuditEvent>(`/api/audit/sensors/${sensorId}`, {}, wanted.current.events) : NOTHING.events,
            sensor.customerState === 'known' ? getJson<Customer>(`/api/customers/${sensorId}`).catch(() => null) : null,
          ]);
          setData({ sensor, shelving, alarms, customer, events, hasFailed: false });
        } catch (error) {
          const part = error instanceof NotFound ? { sensor: 'unknown' as const } : { hasFailed: true };
          setData((before) => ({ ...before, ...part }));
        }
      }),
    [sensorId],
  );
  useLive({ onReset: refresh.ask, onShelved: refresh.ask, onAlarm: (alarm) => alarm.sensorId === sensorId && refresh.ask() });
  useAsked(refresh, QUIET_REFRESH_MS);
  const more = (list: keyof typeof wanted.current) => () => {
    wanted.current[list] += PAGE;
    refresh.ask();
  };
  return { ...data, refresh: refresh.ask, moreAlarms: more('alarms'), moreEvents: more('events') };
}
