import { useEffect, useState } from 'preact/hooks';
import { queryOf } from '../api.js';
import { localSeconds } from '../format.js';
import { useTextsOf } from '../texts.js';
import { AUDIT_TEXTS } from './audit-texts.js';

const HOUR_MS = 3_600_000;

/** The events of a range as files; at first the hour before the moment that is shown. */
export function ExportPanel({ atMs, sensor }: { atMs: number; sensor: string | null }) {
  const texts = useTextsOf(AUDIT_TEXTS);
  const [range, setRange] = useState({ from: '', to: '' });
  // What was written stays, until another moment is chosen by hand.
  const minute = Math.floor(atMs / 60_000);
  useEffect(() => setRange({ from: localSeconds(atMs - HOUR_MS), to: localSeconds((minute + 1) * 60_000) }), [minute]);
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
          {texts.from} <input type="datetime-local" step="1" value={range.from} onInput={(event) => setRange({ ...range, from: event.currentTarget.value })} data-testid="export-from" />
        </label>
        <label>
          {texts.to} <input type="datetime-local" step="1" value={range.to} onInput={(event) => setRange({ ...range, to: event.currentTarget.value })} data-testid="export-to" />
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
