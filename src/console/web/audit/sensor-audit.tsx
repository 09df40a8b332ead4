import { useState } from 'preact/hooks';
import { ALARM_TYPES, queryOf, type AuditEvent, type SensorAudit } from '../api.js';
import { useFormats } from '../format.js';
import { NoteText } from '../note-text.js';
import { EventList } from '../sensor/event-list.js';
import { SENSOR_TEXTS } from '../sensor/sensor-texts.js';
import { useTexts, useTextsOf } from '../texts.js';
import type { AuditChoice } from './audit-choice.js';
import { AUDIT_TEXTS } from './audit-texts.js';
import { changesBetween, type StateChange } from './state-changes.js';
import { TimeControls } from './time-controls.js';
import { useLatest } from './use-latest.js';

interface Props {
  readonly sensor: string;
  readonly choice: AuditChoice;
  readonly nowMs: number;
  readonly onChoice: (part: Partial<AuditChoice>) => void;
}

/** Of the events so many at first, and as many as the server gives on demand; those before them are stepped to. */
const LISTED = 50;
const MOST_LISTED = 500;

/** One sensor at a moment, and event by event. */
export function SensorAuditView({ sensor, choice, nowMs, onChoice }: Props) {
  const general = useTexts();
  const texts = useTextsOf(AUDIT_TEXTS);
  const { asOfMs, revision, speed } = choice;
  const [limit, setLimit] = useState(LISTED);
  const query = queryOf({ asOf: revision === null && asOfMs !== null ? new Date(asOfMs).toISOString() : null, revision, limit });
  const { data, isMissing, hasFailed } = useLatest<SensorAudit>(`/api/audit/sensors/${sensor}${query}`, asOfMs === null && revision === null ? nowMs : 0);
  if (isMissing) return <p class="panel empty wide">{texts.unknownSensor(sensor)}</p>;
  if (data === null || data.sensorId !== sensor) return <p class="panel empty wide">{hasFailed ? general.failed : general.loading}</p>;
  const [event, before] = data.items;
  const following = event === undefined ? data.first.revision : event.revision + 1;
  const goTo = (to: number) => () => onChoice({ revision: to, asOfMs: null });
  const labels = { previous: texts.previousEvent, next: texts.nextEvent };
  return (
    <>
      <section class="panel wide" aria-label={texts.time}>
        <TimeControls
          fromMs={Date.parse(data.first.recordedAt)}
          toMs={nowMs}
          atMs={revision === null ? (asOfMs ?? nowMs) : Date.parse(data.asOf)}
          speed={speed}
          previous={before === undefined ? null : { label: labels.previous, go: goTo(before.revision) }}
          next={following > data.last.revision ? null : { label: labels.next, go: goTo(following) }}
          stepLabels={labels}
          onTime={(ms) => onChoice({ asOfMs: ms, revision: null })}
          onSpeed={(to) => onChoice({ speed: to })}
        />
      </section>
      <div class="audit-main">
        <EventPanel event={event} audit={data} />
        <EventList events={data.items} total={data.total} onMore={limit < MOST_LISTED ? () => setLimit(MOST_LISTED) : null} title={texts.events} />
      </div>
      <StatePanel state={data.state} asOf={data.asOf} />
    </>
  );
}

function EventPanel({ event, audit }: { event: AuditEvent | undefined; audit: SensorAudit }) {
  const texts = useTextsOf(AUDIT_TEXTS);
  const words = useTextsOf(SENSOR_TEXTS);
  const formats = useFormats();
  const changes = changesBetween(audit.before, audit.state);
  const textOf = useChangeText();
  return (
    <section class="panel" aria-label={texts.event} data-testid="audit-event">
      <div class="panel-head">
        <h2>{event === undefined ? texts.nothingYet : (words.events[event.type] ?? event.type)}</h2>
        {event !== undefined && <span class="muted">{texts.eventOf(formats.number(event.revision + 1), formats.number(audit.last.revision + 1))}</span>}
      </div>
      {event !== undefined && (
        <div class="audit-text">
          <p class="muted">{formats.dateTime(String(event.metadata['recordedAt']))}</p>
          <ul class="state-changes" aria-label={texts.changed} data-testid="state-changes">
            {changes.length === 0 ? <li class="muted">{texts.diff.nothing}</li> : changes.map((change) => <li key={textOf(change)}>{textOf(change)}</li>)}
          </ul>
          <NoteText found={audit} />
          <details>
            <summary>{texts.raw}</summary>
            <pre tabIndex={0}>{JSON.stringify(event, null, 2)}</pre>
          </details>
        </div>
      )}
    </section>
  );
}

function useChangeText(): (change: StateChange) => string {
  const general = useTexts();
  const { diff } = useTextsOf(AUDIT_TEXTS);
  return (change) => {
    switch (change.what) {
      case 'opened':
      case 'ended':
      case 'acknowledged':
        return diff[change.what](general.type[change.type]);
      case 'strikes':
        return diff.strikes(general.type[change.type], change.before, change.after);
      default:
        return diff[change.what];
    }
  };
}

function StatePanel({ state, asOf }: { state: SensorAudit['state']; asOf: string }) {
  const general = useTexts();
  const texts = useTextsOf(AUDIT_TEXTS);
  const formats = useFormats();
  const { openAlarms, strikes, shelving, silence } = state;
  const open = ALARM_TYPES.flatMap((type) => {
    const alarm = openAlarms[type];
    if (alarm === undefined) return [];
    const seen = alarm.acknowledged === null ? '' : `, ${texts.acknowledgedBy(alarm.acknowledged.by)}`;
    return [`${texts.openSince(general.type[type], formats.dateTime(alarm.triggeredAt))}${seen}`];
  });
  const held = ALARM_TYPES.flatMap((type) => {
    const count = strikes[type]?.length ?? 0;
    return count === 0 ? [] : [texts.strikesOf(general.type[type], count)];
  });
  return (
    <section class="panel" aria-label={texts.state} data-testid="audit-state" data-as-of={asOf}>
      <div class="panel-head">
        <h2>{texts.state}</h2>
        <time dateTime={asOf} class="muted">
          {formats.dateTime(asOf)}
        </time>
      </div>
      <ul class="audit-text">
        {open.length === 0 ? <li>{texts.calm}</li> : open.map((text) => <li key={text} class="is-open">{text}</li>)}
        {held.map((text) => (
          <li key={text}>{text}</li>
        ))}
        {shelving !== null && <li>{texts.shelvedUntil(formats.dateTime(shelving.until), shelving.by)}</li>}
        {silence !== null && <li>{texts.silentSince(formats.dateTime(silence.since), formats.length(silence.silentForMs))}</li>}
      </ul>
    </section>
  );
}
