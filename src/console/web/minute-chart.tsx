import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { ALARM_TYPES, type MinuteCounts } from './api.js';
import { chartOptions, type ChartColours } from './chart-options.js';
import { useFormats } from './format.js';
import { stackMinutes } from './stack-minutes.js';
import { useTexts } from './texts.js';
import { useSize } from './use-size.js';

const HEIGHT = 170;

interface Props {
  readonly counts: MinuteCounts['items'] | null;
  readonly nowMs: number;
}

/** Alarms per minute by type over the last hour, as stacked bars. */
export function MinuteChart({ counts, nowMs }: Props) {
  const texts = useTexts();
  const formats = useFormats();
  const { ref: ground, width } = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const colours = useColours();
  const [pointed, setPointed] = useState<number | null>(null);
  const minute = Math.floor(nowMs / 60_000);
  const stack = useMemo(() => stackMinutes(counts ?? [], nowMs), [counts, minute]);

  useLayoutEffect(() => {
    if (canvas.current === null || width === 0) return undefined;
    const options = chartOptions({ width, height: HEIGHT, colours, minuteText: formats.minute, onPoint: setPointed });
    chart.current = new uPlot(options, stack.tops, canvas.current);
    return () => {
      chart.current?.destroy();
      chart.current = null;
    };
  }, [width, colours, formats]);
  useEffect(() => chart.current?.setData(stack.tops), [stack]);

  const at = pointed !== null && pointed < stack.minutes.length ? pointed : null;
  const sum = (index: number) => stack.counts[index]?.reduce((all, count) => all + count, 0) ?? 0;
  return (
    <section class="panel chart" aria-label={texts.perMinute}>
      <div class="panel-head">
        <h2>{texts.perMinute}</h2>
        <span class="muted">{at === null ? texts.lastSixty : formats.minute(new Date((stack.minutes[at] ?? 0) * 1000))}</span>
        <ul class="legend" data-testid="chart-legend">
          {ALARM_TYPES.map((type, index) => (
            <li key={type} class={`by-type ${type}`} data-testid={`count-${type}`}>
              <i aria-hidden="true" /> {texts.type[type]} <b>{formats.number(at === null ? sum(index) : (stack.counts[index]?.[at] ?? 0))}</b>
            </li>
          ))}
        </ul>
      </div>
      <div class="chart-ground" ref={ground} role="img" aria-label={`${texts.lastSixty}: ${ALARM_TYPES.map((type, index) => `${texts.type[type]} ${sum(index)}`).join(', ')}`}>
        <div ref={canvas} />
      </div>
    </section>
  );
}

/** The colours of the style sheet, which change with the light of the room. */
function useColours(): ChartColours {
  const [isDark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const update = () => setDark(query.matches);
    query.addEventListener('change', update);
    return () => query.removeEventListener('change', update);
  }, []);
  return useMemo(() => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    return { axis: colour('--muted'), grid: colour('--line'), ground: colour('--panel'), types: ALARM_TYPES.map((type) => colour(`--${type}`)) };
  }, [isDark]);
}
