import uPlot from 'uplot';

export interface ChartColours {
  readonly axis: string;
  readonly grid: string;
  readonly ground: string;
  /** In the order of `ALARM_TYPES`. */
  readonly types: readonly string[];
}

interface Wishes {
  readonly width: number;
  readonly height: number;
  readonly colours: ChartColours;
  readonly minuteText: (date: Date) => string;
  readonly onPoint: (index: number | null) => void;
}

/** With fewer alarms than this the bars would fill the height and say nothing. */
const LEAST_TOP = 4;

const FONT = '12px system-ui, sans-serif';

export function chartOptions({ width, height, colours, minuteText, onPoint }: Wishes): uPlot.Options {
  const bars = uPlot.paths.bars;
  if (!bars) throw new Error('uPlot has no bars');
  const paths = bars({ size: [0.78, 16], align: 0, radius: 0.12 });
  const axis = { stroke: colours.axis, font: FONT, ticks: { show: false } };
  return {
    width,
    height,
    padding: [10, 6, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    hooks: { setCursor: [(chart) => onPoint(chart.cursor.idx ?? null)] },
    scales: {
      x: { time: true, range: (_, from, to) => [from - 30, to + 30] },
      y: { range: (_, __, top) => [0, Math.max(LEAST_TOP, Math.ceil(top * 1.1))] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 30, space: 70, incrs: [300, 600, 900, 1800], values: (_, seconds) => seconds.map((second) => minuteText(new Date(second * 1000))) },
      { ...axis, grid: { stroke: colours.grid, width: 1 }, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000], space: 34 },
    ],
    series: [{}, ...[...colours.types].reverse().map((fill) => ({ fill, stroke: colours.ground, width: 0.5, paths, points: { show: false } }))],
  };
}
