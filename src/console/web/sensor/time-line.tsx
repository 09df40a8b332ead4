import { useState } from 'preact/hooks';
import type { AuditEvent } from '../api.js';
import { useFormats } from '../format.js';
import { useTexts, useTextsOf } from '../texts.js';
import { useSize } from '../use-size.js';
import { SENSOR_TEXTS } from './sensor-texts.js';
import { LANES, statesOf, timeOf, type Lane } from './state-spans.js';

const HOUR_MS = 3_600_000;
const RANGES = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS, all: null } as const;
type Range = keyof typeof RANGES;

const LANE_PX = 26;
const BAR_PX = 14;
const NAMES_PX = 104;
const AXIS_PX = 24;

/** A state of a moment is still to be seen. */
const LEAST_PX = 3;
/** One and a half of the longest text: those at the ends stand within, not under the middle of their tick. */
const TICK_PX = 150;

interface Props {
  /** The newest first; `events.length` of `total`. */
  readonly events: readonly AuditEvent[];
  readonly total: number;
  readonly nowMs: number;
  readonly onShow: (alarmId: string) => void;
}

/** In which states a sensor was, a lane each, with its strikes as marks. A pointer opens an alarm here; the list of alarms has each for the keyboard. */
export function TimeLine({ events, total, nowMs, onShow }: Props) {
  const general = useTexts();
  const texts = useTextsOf(SENSOR_TEXTS);
  const formats = useFormats();
  const { ref, width } = useSize<HTMLDivElement>();
  const [range, setRange] = useState<Range>('all');
  const { spans, strikes } = statesOf(events, nowMs);
  // A reading may be older than its record.
  const firstMs = Math.min(nowMs, ...events.slice(-1).map(timeOf), ...spans.map(({ fromMs: from }) => from), ...strikes.map(({ atMs }) => atMs));
  const lengthMs = RANGES[range] ?? Math.max(60_000, (nowMs - firstMs) * 1.05);
  const fromMs = nowMs - lengthMs;
  const plotPx = Math.max(1, width - NAMES_PX - 8);
  const x = (ms: number) => NAMES_PX + ((Math.max(ms, fromMs) - fromMs) / lengthMs) * plotPx;
  const y = (lane: Lane) => LANES.indexOf(lane) * LANE_PX;
  const isSeen = (ms: number) => ms >= fromMs;
  const height = LANES.length * LANE_PX + AXIS_PX;
  const nameOf = (lane: Lane) => (lane === 'shelved' || lane === 'silent' ? texts.lanes[lane] : general.type[lane]);
  const ticks = Math.max(1, Math.floor(plotPx / TICK_PX));
  const alarms = spans.filter(({ alarmId, toMs }) => alarmId !== null && isSeen(toMs)).length;
  return (
    <section class="panel" aria-label={texts.timeLine}>
      <div class="panel-head">
        <h2>{texts.timeLine}</h2>
        {events.length < total && <span class="muted">{texts.timeLinePart(formats.number(events.length), formats.number(total))}</span>}
        <select aria-label={texts.range} value={range} onChange={(event) => setRange(event.currentTarget.value as Range)}>
          {Object.keys(RANGES).map((each) => (
            <option key={each} value={each}>
              {texts.ranges[each as Range]}
            </option>
          ))}
        </select>
      </div>
      <div class="time-line" ref={ref}>
        {width > 0 && (
          <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={texts.timeLineText(alarms, strikes.filter(({ atMs }) => isSeen(atMs)).length)}>
            {LANES.map((lane) => (
              <g key={lane}>
                <text x={0} y={y(lane) + LANE_PX / 2} dy="0.35em">
                  {nameOf(lane)}
                </text>
                <line class="lane" x1={NAMES_PX} x2={NAMES_PX + plotPx} y1={y(lane) + LANE_PX / 2} y2={y(lane) + LANE_PX / 2} />
              </g>
            ))}
            {spans.filter(({ toMs }) => isSeen(toMs)).map(({ lane, fromMs: from, toMs, alarmId }) => (
              <rect
                key={`${lane}${from}`}
                class={`span ${lane}`}
                x={x(from)}
                y={y(lane) + (LANE_PX - BAR_PX) / 2}
                width={Math.max(LEAST_PX, x(toMs) - x(from))}
                height={BAR_PX}
                rx={3}
                {...(alarmId === null ? {} : { onClick: () => onShow(alarmId) })}
              >
                <title>{`${nameOf(lane)}: ${formats.dateTime(new Date(from).toISOString())} – ${toMs >= nowMs ? '…' : formats.dateTime(new Date(toMs).toISOString())}`}</title>
              </rect>
            ))}
            {strikes.filter(({ atMs }) => isSeen(atMs)).map(({ lane, atMs }, index) => (
              <path key={index} class={`strike ${lane}`} d={`M${x(atMs)} ${y(lane) + 3}l4 6h-8Z`}>
                <title>{formats.dateTime(new Date(atMs).toISOString())}</title>
              </path>
            ))}
            {Array.from({ length: ticks + 1 }, (_, index) => {
              const ms = fromMs + (lengthMs * index) / ticks;
              const anchor = index === 0 ? 'start' : index === ticks ? 'end' : 'middle';
              const text = lengthMs > 24 * HOUR_MS ? formats.dayMinute(new Date(ms)) : lengthMs > HOUR_MS / 4 ? formats.minute(new Date(ms)) : formats.time(new Date(ms));
              return (
                <text key={index} class="tick" x={x(ms)} y={height - 6} text-anchor={anchor}>
                  {text}
                </text>
              );
            })}
          </svg>
        )}
      </div>
    </section>
  );
}
