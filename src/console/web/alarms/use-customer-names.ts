import { useEffect, useRef, useState } from 'preact/hooks';
import { getJson, type CustomerNames } from '../api.js';

/** The server names so many at once. */
const AT_ONCE = 100;

/** An erased customer's name is shown no longer than this. */
const KNOWN_MS = 60_000;
const LOOK_MS = 5000;

/** The names of sensors' customers by sensor id, `Ada Lovelace`; empty for one without. They come after the list, and a list without them is of use too. */
export function useCustomerNames(sensorIds: readonly string[]): ReadonlyMap<string, string> {
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const readAt = useRef(new Map<string, number>());
  const wanted = useRef(sensorIds);
  wanted.current = sensorIds;

  const look = async () => {
    const oldMs = Date.now() - KNOWN_MS;
    const ids = [...new Set(wanted.current)].filter((id) => (readAt.current.get(id) ?? 0) < oldMs).slice(0, AT_ONCE);
    if (ids.length === 0) return;
    for (const id of ids) readAt.current.set(id, Date.now());
    try {
      const { items } = await getJson<CustomerNames>(`/api/customers?ids=${ids.join()}`);
      const found = new Map(items.map(({ id, name, surname }) => [String(id), `${name} ${surname}`]));
      setNames((before) => {
        const shown = new Set(wanted.current);
        const kept = [...before].filter(([id]) => shown.has(id));
        return new Map([...kept, ...ids.map((id) => [id, found.get(id) ?? ''] as const)]);
      });
      if (new Set(wanted.current).size > ids.length) await look();
    } catch {
      for (const id of ids) readAt.current.delete(id);
    }
  };

  const key = sensorIds.join();
  useEffect(() => void look(), [key]);
  useEffect(() => {
    const timer = setInterval(() => void look(), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return names;
}
