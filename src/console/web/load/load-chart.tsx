import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { LoadAnswer } from '../api.js';
import { chartOptions } from '../chart-options.js';
import { useFormats } from '../format.js';
import { useTextsOf } from '../texts.js';
import { useChartColours } from '../use-chart-colours.js';
import { useSize } from '../use-size.js';
import { LOAD_TEXTS } from './load-texts.js';

const HEIGHT = 220;
const DAY_SECONDS = 86_400;

/** Alarms in each ten minutes of a day, or in each day of a longer range, with the limit of what can be managed. */
export function LoadChart({ load, isLong }: { load: LoadAnswer; isLong: boolean }) {
  const texts = useTextsOf(LOAD_TEXTS);
  const formats = useFormats();
  const { axis, grid, ground, alarm, types } = useChartColours();
  const { ref, width } = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const { periodMinutes, floodAbove, manageablePerPeriod } = load.thresholds;
  const stepSeconds = isLong ? DAY_SECONDS : periodMinutes * 60;
  const limit = isLong ? (manageablePerPeriod * DAY_SECONDS) / (periodMinutes * 60) : floodAbove;
  const data = useMemo((): [number[], number[]] => {
    const first = Date.parse(load.from) / 1000;
    const steps = Array.from({ length: Math.ceil((Date.parse(load.to) / 1000 - first) / stepSeconds) }, (_, index) => first + index * stepSeconds);
    const counts = new Map((isLong ? load.days : load.periods).map(({ from, alarms }) => [Date.parse(from) / 1000, alarms]));
    return [steps, steps.map((step) => counts.get(step) ?? 0)];
  }, [load, isLong, stepSeconds]);
  const what = isLong ? texts.alarmsPerDay : texts.alarmsPerPeriod;

  useLayoutEffect(() => {
    if (canvas.current === null || width === 0) return undefined;
    const colours = { axis, grid, ground, alarm, types: [types[0] ?? axis] };
    const tickText = isLong ? formats.day : formats.minute;
    chart.current = new uPlot(chartOptions({ width, height: HEIGHT, colours, stepSeconds, tickText, limit, onPoint: () => undefined }), data, canvas.current);
    return () => {
      chart.current?.destroy();
      chart.current = null;
    };
  }, [width, axis, grid, ground, alarm, types, formats, stepSeconds, limit, isLong]);
  useEffect(() => chart.current?.setData(data), [data]);

  return (
    <section class="panel" aria-label={what}>
      <div class="panel-head">
        <h2>{what}</h2>
        <span class="muted limit">{isLong ? texts.dayLine : `${texts.floodLine}, ${floodAbove}`}</span>
      </div>
      <div class="chart-ground" ref={ref} role="img" aria-label={texts.chart(what, formats.number(isLong ? load.whole.mostInDay : load.whole.mostInPeriod))} data-testid="load-chart">
        <div ref={canvas} />
      </div>
    </section>
  );
}
