import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { getJson, NotFound } from '../api.js';
import { throttled } from '../throttle.js';

/** Between an answer and the next question, while a slider is dragged or time is played. */
const PAUSE_MS = 80;

export interface Latest<T> {
  /** Of the last address that was answered; null before the first. */
  readonly data: T | null;
  readonly isMissing: boolean;
  readonly hasFailed: boolean;
}

const NOTHING = { data: null, isMissing: false, hasFailed: false };

/** What is at an address that changes often: one question at a time, the last one always. It is asked again when `version` changes. */
export function useLatest<T>(address: string, version = 0): Latest<T> {
  const [latest, setLatest] = useState<Latest<T>>(NOTHING);
  const asked = useRef(address);
  asked.current = address;
  const { ask, stop } = useMemo(
    () =>
      throttled(PAUSE_MS, async () => {
        const then = asked.current;
        try {
          const data = await getJson<T>(then);
          setLatest({ data, isMissing: false, hasFailed: false });
        } catch (error) {
          const isMissing = error instanceof NotFound;
          if (then === asked.current) setLatest((before) => ({ data: isMissing ? null : before.data, isMissing, hasFailed: !isMissing }));
        }
      }),
    [],
  );
  useEffect(ask, [ask, address, version]);
  useEffect(() => stop, [stop]);
  return latest;
}
