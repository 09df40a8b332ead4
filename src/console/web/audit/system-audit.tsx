import { useState } from 'preact/hooks';
import { queryOf, type PastAnswer } from '../api.js';
import { useFormats } from '../format.js';
import { TypeIcon } from '../icons.js';
import { MapPanel } from '../map/map-panel.js';
import { NO_FILTER } from '../open-alarms.js';
import { ShowMore } from '../show-more.js';
import { useTexts, useTextsOf } from '../texts.js';
import type { AuditChoice } from './audit-choice.js';
import { AUDIT_TEXTS } from './audit-texts.js';
import { ChangesPanel } from './changes-panel.js';
import { SensorsThen } from './sensors-then.js';
import { TimeControls } from './time-controls.js';
import { useLatest } from './use-latest.js';

interface Props {
  readonly choice: AuditChoice;
  readonly nowMs: number;
  readonly onChoice: (part: Partial<AuditChoice>) => void;
  readonly onShow: (alarmId: string) => void;
}

const WORLD_PREFIX = 2;
const ZONE_PREFIX = 3;

/** Of each list so many at first, and as many as the server gives on demand; a cell of the map has less. */
const LISTED = 100;
const MOST_LISTED = 500;

/** The whole system at a moment: map, open alarms, and what had changed. */
export function SystemAuditView({ choice: { asOfMs, zone, cell, speed }, nowMs, onChoice, onShow }: Props) {
  const general = useTexts();
  const texts = useTextsOf(AUDIT_TEXTS);
  const [limit, setLimit] = useState(LISTED);
  const asOf = asOfMs === null ? null : new Date(asOfMs).toISOString();
  const query = queryOf({ asOf, zone, cell, prefixLength: zone === null ? WORLD_PREFIX : ZONE_PREFIX, limit });
  const { data, hasFailed } = useLatest<PastAnswer>(`/api/audit/system${query}`, asOfMs === null ? nowMs : 0);
  if (data === null) return <p class="panel empty wide">{hasFailed ? general.failed : general.loading}</p>;
  const { first, previous, current, next } = data.moments;
  const goTo = (moment: string) => () => onChoice({ asOfMs: Date.parse(moment) });
  const onSensor = (sensor: string) => onChoice({ sensor });
  const onMore = limit < MOST_LISTED ? () => setLimit(MOST_LISTED) : null;
  const labels = { previous: texts.previous, next: texts.next };
  const back = current !== null && asOfMs !== null && Date.parse(current) < asOfMs ? current : previous;
  return (
    <>
      <section class="panel wide" aria-label={texts.time}>
        <TimeControls
          fromMs={first === null ? nowMs - 1 : Date.parse(first)}
          toMs={nowMs}
          atMs={asOfMs ?? nowMs}
          speed={speed}
          previous={back === null ? null : { label: labels.previous, go: goTo(back) }}
          next={next === null || asOfMs === null ? null : { label: labels.next, go: goTo(next) }}
          stepLabels={labels}
          onTime={(ms) => onChoice({ asOfMs: ms })}
          onSpeed={(to) => onChoice({ speed: to })}
        />
      </section>
      <div class="audit-main">
        <MapPanel
          map={{ ...data.map, position: null }}
          filter={{ ...NO_FILTER, zone, cell }}
          onChoose={({ zone: toZone = zone, cell: toCell = cell }) => onChoice({ zone: toZone, cell: toCell })}
        />
        <ChangesPanel past={data} onShow={onShow} onSensor={onSensor} />
      </div>
      <div class="audit-side">
        <OpenThen past={data} onShow={onShow} onSensor={onSensor} onMore={onMore} />
        <SensorsThen past={data} onSensor={onSensor} onMore={onMore} />
      </div>
    </>
  );
}

interface OpenProps {
  readonly past: PastAnswer;
  readonly onShow: (alarmId: string) => void;
  readonly onSensor: (sensorId: string) => void;
  /** Null when no more can be had. */
  readonly onMore: (() => void) | null;
}

function OpenThen({ past: { asOf, open }, onShow, onSensor, onMore }: OpenProps) {
  const general = useTexts();
  const texts = useTextsOf(AUDIT_TEXTS);
  const formats = useFormats();
  return (
    <section class="panel" aria-label={texts.open} data-testid="open-then" data-as-of={asOf}>
      <div class="panel-head">
        <h2>
          {texts.open} <span class="count">{formats.number(open.total)}</span>
        </h2>
        <time dateTime={asOf} class="muted">
          {formats.dateTime(asOf)}
        </time>
      </div>
      {open.items.length === 0 ? (
        <p class="empty">{texts.noneOpen}</p>
      ) : (
        <ol class="rows audit-list">
          {open.items.map(({ alarmId, sensorId, type, zone, triggeredAt, acknowledged, comments }) => (
            <li key={alarmId} data-testid={`then-${sensorId}-${type}`}>
              <TypeIcon type={type} />
              <span>
                <button type="button" class="as-link" onClick={() => onShow(alarmId)}>
                  {general.type[type]}, {general.sensorPage(sensorId)}
                </button>
                <small>
                  {zone ?? general.noZone} · <time dateTime={triggeredAt}>{formats.dateTime(triggeredAt)}</time>
                  {acknowledged !== null && ` · ${texts.changes.acknowledged} ${texts.by(acknowledged.by)}`}
                  {comments > 0 && ` · ${general.noteCount(comments)}`}
                </small>
              </span>
              <button type="button" class="button is-quiet" aria-label={texts.auditSensor(sensorId)} onClick={() => onSensor(sensorId)}>
                {texts.goSensor}
              </button>
            </li>
          ))}
        </ol>
      )}
      {open.total > open.items.length && <p class="hint muted">{texts.openLast(formats.number(open.items.length))}</p>}
      {onMore !== null && <ShowMore shown={open.items.length} total={open.total} onMore={onMore} />}
    </section>
  );
}
