import { useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { chartOptions } from '../chart-options.js';
import { useFormats } from '../format.js';
import type { Stack } from '../stack-counts.js';
import { useChartColours } from '../use-chart-colours.js';
import { useSize } from '../use-size.js';

const HEIGHT = 320;
const DAY_MS = 86_400_000;

interface Props {
  readonly stack: Stack;
  readonly stepSeconds: number;
  /** For who can't see it. */
  readonly label: string;
  readonly onPoint: (index: number | null) => void;
  readonly onBrush: (fromMs: number, toMs: number) => void;
  readonly onChoose: (index: number) => void;
}

/** Stacked bars over a range, to be dragged over and clicked; the table has the same for the keyboard. */
export function HistoryChart({ stack, stepSeconds, label, onPoint, onBrush, onChoose }: Props) {
  const formats = useFormats();
  const colours = useChartColours();
  const { ref: ground, width } = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const latest = useRef({ onPoint, onBrush });
  latest.current = { onPoint, onBrush };
  const first = stack.steps[0] ?? 0;
  const isLong = ((stack.steps.at(-1) ?? first) - first) * 1000 > DAY_MS;

  useLayoutEffect(() => {
    if (canvas.current === null || width === 0) return undefined;
    chart.current = new uPlot(
      chartOptions({
        width, height: HEIGHT, colours, stepSeconds,
        tickText: isLong ? formats.dayMinute : formats.minute,
        onPoint: (index) => latest.current.onPoint(index),
        onBrush: (from, to) => latest.current.onBrush(from * 1000, to * 1000),
      }),
      stack.tops,
      canvas.current,
    );
    return () => {
      chart.current?.destroy();
      chart.current = null;
    };
  }, [width, colours, formats, stepSeconds, isLong]);
  useLayoutEffect(() => chart.current?.setData(stack.tops), [stack]);

  return (
    <div
      class="chart-ground"
      ref={ground}
      role="img"
      aria-label={label}
      data-testid="history-chart"
      onClick={() => {
        const { cursor, select } = chart.current ?? {};
        if (select?.width === 0 && cursor?.idx !== null && cursor?.idx !== undefined) onChoose(cursor.idx);
      }}
    >
      <div ref={canvas} />
    </div>
  );
}
