import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { ALARM_TYPES, type MinuteCounts } from './api.js';
import { chartOptions } from './chart-options.js';
import { useFormats } from './format.js';
import { stackCounts } from './stack-counts.js';
import { useTexts } from './texts.js';
import { useChartColours } from './use-chart-colours.js';
import { useSize } from './use-size.js';

const HEIGHT = 170;
/** A large chart is this wide for each time that it is larger. */
const LARGE_PX = 800;
const MINUTES = 60;
const MINUTE_MS = 60_000;

interface Props {
  readonly counts: MinuteCounts['items'] | null;
  readonly nowMs: number;
  /** To be read from afar. */
  readonly isLarge?: boolean;
  /** One zone is looked at: then it is to be said that this is of all. */
  readonly isBesideZone?: boolean;
}

/** Alarms of all zones per minute by type over the last hour, as stacked bars. */
export function MinuteChart({ counts, nowMs, isLarge = false, isBesideZone = false }: Props) {
  const texts = useTexts();
  const formats = useFormats();
  const { ref: ground, width } = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const colours = useChartColours();
  const [pointed, setPointed] = useState<number | null>(null);
  const toMs = (Math.floor(nowMs / MINUTE_MS) + 1) * MINUTE_MS;
  const stack = useMemo(() => stackCounts(counts ?? [], { fromMs: toMs - MINUTES * MINUTE_MS, toMs, stepMs: MINUTE_MS }), [counts, toMs]);

  useLayoutEffect(() => {
    if (canvas.current === null || width === 0) return undefined;
    const scale = isLarge ? Math.max(1, width / LARGE_PX) : 1;
    const options = chartOptions({ width, height: HEIGHT * scale, scale, colours, stepSeconds: 60, tickText: formats.minute, onPoint: setPointed });
    chart.current = new uPlot(options, stack.tops, canvas.current);
    return () => {
      chart.current?.destroy();
      chart.current = null;
    };
  }, [width, colours, formats, isLarge]);
  useEffect(() => chart.current?.setData(stack.tops), [stack]);

  const at = pointed !== null && pointed < stack.steps.length ? pointed : null;
  const textOf = (time: string) => (isBesideZone ? `${time} · ${texts.allZones}` : time);
  const sum = (index: number) => stack.counts[index]?.reduce((all, count) => all + count, 0) ?? 0;
  return (
    <section class="panel chart" aria-label={texts.perMinute}>
      <div class="panel-head">
        <h2>{texts.perMinute}</h2>
        <span class="muted">{textOf(at === null ? texts.lastSixty : formats.minute(new Date((stack.steps[at] ?? 0) * 1000)))}</span>
        <ul class="legend" data-testid="chart-legend">
          {ALARM_TYPES.map((type, index) => (
            <li key={type} class={`by-type ${type}`} data-testid={`count-${type}`}>
              <i aria-hidden="true" /> {texts.type[type]} <b>{formats.number(at === null ? sum(index) : (stack.counts[index]?.[at] ?? 0))}</b>
            </li>
          ))}
        </ul>
      </div>
      <div class="chart-ground" ref={ground} role="img" aria-label={`${textOf(texts.lastSixty)}: ${ALARM_TYPES.map((type, index) => `${texts.type[type]} ${sum(index)}`).join(', ')}`}>
        <div ref={canvas} />
      </div>
    </section>
  );
}
