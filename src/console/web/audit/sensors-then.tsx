import type { ComponentChildren } from 'preact';
import type { PastAnswer } from '../api.js';
import { ALARMS_TEXTS } from '../alarms/alarms-texts.js';
import { useFormats } from '../format.js';
import { NoteText } from '../note-text.js';
import { ShowMore } from '../show-more.js';
import { useTexts, useTextsOf } from '../texts.js';
import { AUDIT_TEXTS } from './audit-texts.js';

interface Props {
  readonly past: PastAnswer;
  readonly onSensor: (sensorId: string) => void;
  /** Null when no more can be had. */
  readonly onMore: (() => void) | null;
}

/** Which sensors were shelved, and which silent, at the moment that is shown. */
export function SensorsThen({ past: { shelved, silent }, onSensor, onMore }: Props) {
  const general = useTexts();
  const texts = useTextsOf(AUDIT_TEXTS);
  const words = useTextsOf(ALARMS_TEXTS);
  const formats = useFormats();
  return (
    <>
      <ThenPanel title={texts.shelvedThen} list={shelved} none={texts.noneShelved} testId="shelved-then" onMore={onMore}>
        {shelved.items.map((item) => (
          <SensorRow key={item.sensorId} sensorId={item.sensorId} onSensor={onSensor}>
            <small>
              {[item.zone ?? general.noZone, words.reasons[item.reason], texts.until(formats.dateTime(item.until)), texts.by(item.by)].join(' · ')}
            </small>
            <NoteText found={item} />
          </SensorRow>
        ))}
      </ThenPanel>
      <ThenPanel title={texts.silentThen} list={silent} none={texts.noneSilent} testId="silent-then" onMore={onMore}>
        {silent.items.map(({ sensorId, zone, since, silentForMs }) => (
          <SensorRow key={sensorId} sensorId={sensorId} onSensor={onSensor}>
            <small>
              {zone ?? general.noZone} · <time dateTime={since}>{formats.dateTime(since)}</time> · {texts.silentFor(formats.length(silentForMs))}
            </small>
          </SensorRow>
        ))}
      </ThenPanel>
    </>
  );
}

interface PanelProps {
  readonly title: string;
  readonly list: { readonly total: number; readonly items: readonly unknown[] };
  readonly none: string;
  readonly testId: string;
  readonly onMore: Props['onMore'];
  readonly children: readonly ComponentChildren[];
}

function ThenPanel({ title, list: { total, items }, none, testId, onMore, children }: PanelProps) {
  const texts = useTextsOf(AUDIT_TEXTS);
  const formats = useFormats();
  return (
    <section class="panel" aria-label={title} data-testid={testId}>
      <div class="panel-head">
        <h2>
          {title} <span class="count">{formats.number(total)}</span>
        </h2>
      </div>
      {children.length === 0 ? <p class="empty">{none}</p> : <ul class="rows audit-list">{children}</ul>}
      {total > items.length && <p class="hint muted">{texts.lastOf(formats.number(items.length))}</p>}
      {onMore !== null && <ShowMore shown={items.length} total={total} onMore={onMore} />}
    </section>
  );
}

function SensorRow({ sensorId, onSensor, children }: { sensorId: string; onSensor: (sensorId: string) => void; children: ComponentChildren }) {
  const general = useTexts();
  const texts = useTextsOf(AUDIT_TEXTS);
  return (
    <li>
      <div>
        {general.sensorPage(sensorId)}
        {children}
      </div>
      <button type="button" class="button is-quiet" aria-label={texts.auditSensor(sensorId)} onClick={() => onSensor(sensorId)}>
        {texts.goSensor}
      </button>
    </li>
  );
}
