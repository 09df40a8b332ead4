import { useMemo, useRef, useState } from 'preact/hooks';
import { getJson, NotFound, queryOf, type AlarmList, type AuditEvent, type Customer, type SensorAudit, type SensorDetails, type SensorShelving } from '../api.js';
import { useLive } from '../live-hub.js';
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
  readonly alarms: AlarmList | null;
  /** The newest first; `events.length` of `total`. */
  readonly events: readonly AuditEvent[];
  readonly total: number;
  readonly hasFailed: boolean;
}

const NOTHING: SensorData = { sensor: null, shelving: null, customer: null, alarms: null, events: [], total: 0, hasFailed: false };

/** All that is known of one sensor. */
export function useSensor(sensorId: string): SensorData & { readonly refresh: () => void; readonly more: () => void } {
  const [data, setData] = useState(NOTHING);
  const wanted = useRef(PAGE);

  const refresh = useMemo(
    () =>
      throttled(REFRESH_MS, async () => {
        const base = `/api/sensors/${sensorId}`;
        try {
          const sensor = await getJson<SensorDetails>(base);
          const [shelving, alarms, history, customer] = await Promise.all([
            getJson<SensorShelving>(`${base}/shelving`),
            getJson<AlarmList>(`/api/alarms${queryOf({ sensor: sensorId, limit: PAGE })}`),
            // The audit knows a sensor only by its events.
            sensor.lastEvents.length > 0 ? historyOf(sensorId, wanted.current) : { events: [], total: 0 },
            sensor.customerState === 'known' ? getJson<Customer>(`/api/customers/${sensorId}`).catch(() => null) : null,
          ]);
          setData({ sensor, shelving, alarms, customer, ...history, hasFailed: false });
        } catch (error) {
          const part = error instanceof NotFound ? { sensor: 'unknown' as const } : { hasFailed: true };
          setData((before) => ({ ...before, ...part }));
        }
      }),
    [sensorId],
  );
  useLive({ onReset: refresh.ask, onShelved: refresh.ask, onAlarm: (alarm) => alarm.sensorId === sensorId && refresh.ask() });
  useAsked(refresh, QUIET_REFRESH_MS);
  const more = () => {
    wanted.current += PAGE;
    refresh.ask();
  };
  return { ...data, refresh: refresh.ask, more };
}

async function historyOf(sensorId: string, most: number): Promise<{ events: readonly AuditEvent[]; total: number }> {
  const events: AuditEvent[] = [];
  let cursor: string | null = null;
  for (;;) {
    const query = queryOf({ limit: Math.min(PAGE, most - events.length), cursor });
    const page: SensorAudit = await getJson<SensorAudit>(`/api/audit/sensors/${sensorId}${query}`);
    events.push(...page.items);
    cursor = page.next;
    if (cursor === null || events.length >= most) return { events, total: page.total };
  }
}
