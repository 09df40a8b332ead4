import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ALARM_TYPES, getJson, queryOf, type MinuteCounts } from '../api.js';
import { CountedTitle } from '../counted-title.js';
import { useFormats } from '../format.js';
import { useLive } from '../live-hub.js';
import { ShowMore } from '../show-more.js';
import { stackCounts } from '../stack-counts.js';
import { useTexts, useTextsOf } from '../texts.js';
import { throttled } from '../throttle.js';
import type { SystemData } from '../use-system-data.js';
import { HistoryAlarms } from './history-alarms.js';
import { HistoryChart } from './history-chart.js';
import { boundsOf, choiceOf, isUsable, searchOf, stepFor, typesText, type HistoryRange } from './history-range.js';
import { HISTORY_TEXTS } from './history-texts.js';
import './history.css';
import { RangeForm } from './range-form.js';

const REFRESH_MS = 2000;
const MINUTE_MS = 60_000;

/** Rows of the table that are shown at first. */
const ROWS = 60;

/** How many alarms there were in any range, by type, and which. */
export function HistoryPage({ system, onShow }: { system: SystemData; onShow: (alarmId: string) => void }) {
  const general = useTexts();
  const texts = useTextsOf(HISTORY_TEXTS);
  const formats = useFormats();
  const [choice, setChoice] = useState(() => choiceOf(location.search));
  const { range, types, atMs } = choice;
  const [before, setBefore] = useState<readonly HistoryRange[]>([]);
  const [pointed, setPointed] = useState<number | null>(null);
  const [rows, setRows] = useState(ROWS);
  const { fromMs, toMs } = boundsOf(range, system.nowMs);
  const stepSeconds = stepFor(toMs - fromMs);
  const { items, hasFailed } = useCounts(range, fromMs, toMs, stepSeconds);
  const stepMs = stepSeconds * 1000;
  const stack = useMemo(() => stackCounts(items.filter(({ type }) => types.includes(type)), { fromMs, toMs, stepMs }), [items, types, fromMs, toMs, stepMs]);

  const go = (to: HistoryRange) => {
    setChoice({ range: to, types, atMs: null });
    setRows(ROWS);
  };
  const choose = (index: number | null) => setChoice({ range, types, atMs: index === null ? null : (stack.steps[index] ?? 0) * 1000 });
  const search = searchOf(choice);
  useLayoutEffect(() => history.replaceState(null, '', `/history${search}`), [search]);
  const zoom = (from: number, to: number) => {
    const wanted = { fromMs: Math.max(fromMs, Math.floor(from / MINUTE_MS) * MINUTE_MS), toMs: Math.min(toMs, Math.ceil(to / MINUTE_MS) * MINUTE_MS) };
    if (!isUsable(wanted)) return;
    setBefore((all) => [...all, range]);
    go(wanted);
  };
  const timeText = (seconds: number) => (stepSeconds < 86_400 ? formats.dayMinute(new Date(seconds * 1000)) : formats.day(new Date(seconds * 1000)));
  const sum = (index: number) => stack.counts.reduce((all, row) => all + (row[index] ?? 0), 0);
  const totalOf = (type: number) => (pointed !== null && pointed < stack.steps.length ? (stack.counts[type]?.[pointed] ?? 0) : (stack.counts[type]?.reduce((all, count) => all + count, 0) ?? 0));
  const total = stack.steps.reduce((all, _, index) => all + sum(index), 0);
  const filled = stack.steps.map((_, index) => index).filter((index) => sum(index) > 0).reverse();
  const at = pointed === null ? undefined : stack.steps[pointed];
  const chosenAt = atMs === null ? undefined : stack.steps.find((seconds) => seconds * 1000 <= atMs && atMs < seconds * 1000 + stepMs);
  const shown = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), type: typesText(types) };

  return (
    <main tabIndex={-1} class={`page history-page ${system.live === 'stale' ? 'is-stale' : ''}`}>
      <section class="panel" aria-label={texts.title}>
        <div class="panel-head">
          <h2>{texts.title}</h2>
          {before.length > 0 && (
            <button
              type="button"
              class="button"
              onClick={() => {
                const last = before.at(-1);
                setBefore(before.slice(0, -1));
                if (last !== undefined) go(last);
              }}
            >
              ← {texts.back}
            </button>
          )}
        </div>
        <RangeForm range={range} bounds={{ fromMs, toMs }} onRange={(to) => (setBefore([]), go(to))} />
        <div class="chart-head">
          <h3>{texts.perStep(texts.steps[stepSeconds] ?? '')}</h3>
          <span class="muted">{at === undefined ? `${formats.dayMinute(new Date(fromMs))} – ${formats.dayMinute(new Date(toMs))}` : timeText(at)}</span>
          <div class="chips" role="group" aria-label={texts.types}>
            {ALARM_TYPES.map((type, index) => (
              <button
                key={type}
                type="button"
                class={`chip by-type ${type}`}
                aria-pressed={types.includes(type)}
                onClick={() => setChoice({ ...choice, types: ALARM_TYPES.filter((each) => types.includes(each) !== (each === type)) })}
                data-testid={`history-${type}`}
              >
                <i aria-hidden="true" /> {general.type[type]} <b>{formats.number(totalOf(index))}</b>
              </button>
            ))}
          </div>
        </div>
        <HistoryChart
          stack={stack}
          stepSeconds={stepSeconds}
          label={texts.chart(formats.dayMinute(new Date(fromMs)), formats.dayMinute(new Date(toMs)), formats.number(total))}
          onPoint={setPointed}
          onBrush={zoom}
          onChoose={choose}
        />
        <p class="muted hint">{texts.brush}</p>
      </section>
      {chosenAt !== undefined && (
        <HistoryAlarms key={`${chosenAt}`} title={texts.alarmsOf(timeText(chosenAt))} fromMs={chosenAt * 1000} toMs={chosenAt * 1000 + stepMs} types={types} onShow={onShow} onClose={() => choose(null)} />
      )}
      <section class="panel" aria-label={texts.table}>
        <div class="panel-head">
          <CountedTitle title={texts.table} total={total} />
          {types.length > 0 && (
            <>
              <a class="button" href={`/api/export/counts.csv${queryOf({ ...shown, step: stepSeconds })}`} download data-testid="counts-csv">
                {texts.countsCsv}
              </a>
              <a class="button" href={`/api/export/alarms.csv${queryOf({ ...shown, order: 'oldest' })}`} download data-testid="alarms-csv">
                {texts.alarmsCsv}
              </a>
            </>
          )}
        </div>
        {filled.length === 0 ? (
          <p class="empty">{texts.none}</p>
        ) : (
          <table class="numbers" data-testid="numbers">
            <thead>
              <tr>
                <th scope="col">{texts.time}</th>
                {ALARM_TYPES.map((type) => (
                  <th key={type} scope="col">
                    {general.type[type]}
                  </th>
                ))}
                <th scope="col">{texts.total}</th>
              </tr>
            </thead>
            <tbody>
              {filled.slice(0, rows).map((index) => (
                <tr key={stack.steps[index]}>
                  <th scope="row">
                    <button type="button" class="as-link" aria-label={texts.see(timeText(stack.steps[index] ?? 0))} onClick={() => choose(index)}>
                      {timeText(stack.steps[index] ?? 0)}
                    </button>
                  </th>
                  {stack.counts.map((row, type) => (
                    <td key={type}>{formats.number(row[index] ?? 0)}</td>
                  ))}
                  <td>{formats.number(sum(index))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <ShowMore shown={rows} total={filled.length} onMore={() => setRows(rows + ROWS * 5)} />
      </section>
      {hasFailed && (
        <p class="toast" role="status">
          {general.failed}
        </p>
      )}
    </main>
  );
}

/** The counts of a range; of one that ends now, kept up to date. */
function useCounts(range: HistoryRange, fromMs: number, toMs: number, stepSeconds: number): { items: MinuteCounts['items']; hasFailed: boolean } {
  const [data, setData] = useState<{ items: MinuteCounts['items']; hasFailed: boolean }>({ items: [], hasFailed: false });
  const asked = useRef({ range, fromMs, toMs, stepSeconds });
  asked.current = { range, fromMs, toMs, stepSeconds };
  const refresh = useMemo(
    () =>
      throttled(REFRESH_MS, async () => {
        const then = asked.current;
        const query = queryOf({ from: new Date(then.fromMs).toISOString(), to: new Date(then.toMs).toISOString(), step: then.stepSeconds });
        try {
          const { items } = await getJson<MinuteCounts>(`/api/counts${query}`);
          if (then.range === asked.current.range) setData({ items, hasFailed: false });
        } catch {
          setData((before) => ({ ...before, hasFailed: true }));
        }
      }),
    [],
  );
  useLive({ onReset: refresh.ask, onCounts: () => 'lengthMs' in asked.current.range && refresh.ask() });
  useEffect(() => refresh.ask(), [range, fromMs, toMs]);
  useEffect(() => () => refresh.stop(), [refresh]);
  return data;
}
