import { useEffect, useState } from 'preact/hooks';
import { queryOf } from '../api.js';
import { localSeconds } from '../format.js';
import { useTextsOf } from '../texts.js';
import { AUDIT_TEXTS } from './audit-texts.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The beginning of its minute. */
const minuteOf = (ms: number) => Math.floor(ms / MINUTE_MS) * MINUTE_MS;

interface Props {
  /** The moment that is shown; null for now. */
  readonly asOfMs: number | null;
  readonly nowMs: number;
  readonly sensor: string | null;
}

/** The events of a range as files; at first the hour before the moment that is shown. */
export function ExportPanel({ asOfMs, nowMs, sensor }: Props) {
  const texts = useTextsOf(AUDIT_TEXTS);
  const [written, setWritten] = useState<{ readonly from: string; readonly to: string } | null>(null);
  // What was written stays until another moment is chosen; that time goes on is no such choice.
  useEffect(() => setWritten(null), [minuteOf(asOfMs ?? 0)]);
  const minute = minuteOf(asOfMs ?? nowMs);
  const range = written ?? { from: localSeconds(minute - HOUR_MS), to: localSeconds(minute + MINUTE_MS) };
  const timeOf = (text: string) => (Number.isNaN(Date.parse(text)) ? null : new Date(text).toISOString());
  const query = queryOf({ from: timeOf(range.from), to: timeOf(range.to), sensor });
  return (
    <section class="panel wide" aria-label={texts.export}>
      <div class="panel-head">
        <h2>{texts.export}</h2>
        <span class="muted">{texts.exportNote}</span>
      </div>
      <div class="filters">
        <label>
          {texts.from} <input type="datetime-local" step="1" value={range.from} onInput={(event) => setWritten({ ...range, from: event.currentTarget.value })} data-testid="export-from" />
        </label>
        <label>
          {texts.to} <input type="datetime-local" step="1" value={range.to} onInput={(event) => setWritten({ ...range, to: event.currentTarget.value })} data-testid="export-to" />
        </label>
        <a class="button" href={`/api/export/events.jsonl${query}`} download data-testid="events-jsonl">
          {texts.jsonl}
        </a>
        <a class="button" href={`/api/export/events.csv${query}`} download data-testid="events-csv">
          {texts.csv}
        </a>
      </div>
    </section>
  );
}
