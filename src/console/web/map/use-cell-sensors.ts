import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { getJson, queryOf, type CellSensorsAnswer } from '../api.js';
import { useLive } from '../live-hub.js';
import { throttled } from '../throttle.js';

/** As many as have their customers named at once. */
const PAGE = 100;
const REFRESH_MS = 500;

export interface CellSensorsData {
  /** Null before the first answer. */
  readonly answer: CellSensorsAnswer | null;
  /** How many sensors come before those shown. */
  readonly before: number;
  readonly hasFailed: boolean;
  /** Null on the first page. */
  readonly toPrevious: (() => void) | null;
  /** Null on the last page. */
  readonly toNext: (() => void) | null;
}

/** The cursors of the pages up to the one to show: one that has emptied meanwhile, its sensors being gone, is left for the one before. */
export function trailAfter(trail: readonly (string | null)[], { items }: Pick<CellSensorsAnswer, 'items'>): readonly (string | null)[] {
  return items.length === 0 && trail.length > 1 ? trail.slice(0, -1) : trail;
}

/** One page after the other of the sensors of a cell, of which the one that is shown is kept up to date; `cell` and `zone` are those of the first rendering. */
export function useCellSensors(cell: string, zone: string | null): CellSensorsData {
  // The cursors of the pages up to the one that is shown.
  const [trail, setTrail] = useState<readonly (string | null)[]>([null]);
  const [shown, setShown] = useState<{ readonly answer: CellSensorsAnswer; readonly before: number } | null>(null);
  const [hasFailed, setFailed] = useState(false);
  const latest = useRef(trail);
  latest.current = trail;
  const { ask, stop } = useMemo(
    () =>
      throttled(REFRESH_MS, async () => {
        const then = latest.current;
        try {
          const answer = await getJson<CellSensorsAnswer>(`/api/map/sensors${queryOf({ cell, zone, limit: PAGE, cursor: then.at(-1) })}`);
          if (then === latest.current) {
            const still = trailAfter(then, answer);
            if (still === then) setShown({ answer, before: (then.length - 1) * PAGE });
            else setTrail(still);
          }
          setFailed(false);
        } catch {
          setFailed(true);
        }
      }),
    [],
  );
  useLive({ onReset: ask, onMap: ask });
  useEffect(ask, [trail]);
  useEffect(() => stop, []);
  const next = shown?.answer.next ?? null;
  const isTurning = shown !== null && shown.before !== (trail.length - 1) * PAGE;
  return {
    answer: shown?.answer ?? null,
    before: shown?.before ?? 0,
    hasFailed,
    toPrevious: trail.length === 1 ? null : () => setTrail(trail.slice(0, -1)),
    toNext: next === null || isTurning ? null : () => setTrail([...trail, next]),
  };
}
