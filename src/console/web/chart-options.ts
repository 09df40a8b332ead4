import uPlot from 'uplot';

export interface ChartColours {
  readonly axis: string;
  readonly grid: string;
  readonly ground: string;
  readonly alarm: string;
  /** In the order of `ALARM_TYPES`. */
  readonly types: readonly string[];
}

interface Wishes {
  readonly width: number;
  readonly height: number;
  /** How much larger its texts are; 1 by default. */
  readonly scale?: number;
  readonly colours: ChartColours;
  readonly stepSeconds: number;
  readonly tickText: (date: Date) => string;
  /** A dashed line at this count. */
  readonly limit?: number;
  readonly onPoint: (index: number | null) => void;
  /** Called with the times in seconds between which was dragged; without it nothing can be dragged. */
  readonly onBrush?: (from: number, to: number) => void;
}

const HOUR = 3600;
const TICKS_SECONDS = [300, 600, 900, 1800, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 48 * HOUR, 7 * 24 * HOUR, 14 * 24 * HOUR, 30 * 24 * HOUR, 60 * 24 * HOUR];

/** The longest name of a month, in both languages. */
const LONG_DATE = new Date(2026, 8, 28, 20, 48);

/** Between the texts of two ticks, at least. */
const GAP_PX = 16;
const COUNTS_PX = 44;

/** With fewer alarms than this the bars would fill the height and say nothing. */
const LEAST_TOP = 4;

export function chartOptions({ width, height, scale = 1, colours, stepSeconds, tickText, limit, onPoint, onBrush }: Wishes): uPlot.Options {
  const bars = uPlot.paths.bars;
  if (!bars) throw new Error('uPlot has no bars');
  const paths = bars({ size: [0.78, 16 * scale], align: 0, radius: 0.12 });
  const font = `${12 * scale}px system-ui, sans-serif`;
  const axis = { stroke: colours.axis, font, ticks: { show: false } };
  // A text stands under the middle of its tick, which may be the first or the last of all: at the edges there is room for the half of it.
  const textPx = widthOf(tickText(LONG_DATE), font);
  const edgePx = Math.ceil(textPx / 2) + 1;
  return {
    width,
    height,
    padding: [10, edgePx, 0, Math.max(0, edgePx - COUNTS_PX * scale)],
    legend: { show: false },
    cursor: { y: false, drag: { x: onBrush !== undefined, y: false, setScale: false }, points: { show: false } },
    hooks: {
      draw: limit === undefined ? [] : [(chart) => drawLimit(chart, limit, colours.alarm)],
      setCursor: [(chart) => onPoint(chart.cursor.idx ?? null)],
      setSelect: [
        (chart) => {
          const { left, width: dragged } = chart.select;
          if (dragged > 0) onBrush?.(chart.posToVal(left, 'x'), chart.posToVal(left + dragged, 'x'));
        },
      ],
    },
    scales: {
      x: { time: true, range: (_, from, to) => [from - stepSeconds / 2, to + stepSeconds / 2] },
      y: { range: (_, __, top) => [0, Math.max(LEAST_TOP, Math.ceil(Math.max(top, limit ?? 0) * 1.1))] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 30 * scale, space: Math.max(90 * scale, textPx + GAP_PX * scale), incrs: TICKS_SECONDS, values: (_, seconds) => seconds.map((second) => tickText(new Date(second * 1000))) },
      { ...axis, grid: { stroke: colours.grid, width: 1 }, size: COUNTS_PX * scale, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000], space: 34 * scale },
    ],
    series: [{}, ...[...colours.types].reverse().map((fill) => ({ fill, stroke: colours.ground, width: 0.5, paths, points: { show: false } }))],
  };
}

/** Of a text in pixels of the page. */
function widthOf(text: string, font: string): number {
  const context = document.createElement('canvas').getContext('2d');
  if (context === null) throw new Error('the browser draws no text');
  context.font = font;
  return context.measureText(text).width;
}

function drawLimit(chart: uPlot, limit: number, colour: string): void {
  const { ctx, bbox: { left, width } } = chart;
  const y = chart.valToPos(limit, 'y', true);
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(left, y);
  ctx.lineTo(left + width, y);
  ctx.stroke();
  ctx.restore();
}
