import type { PastAnswer } from '../api.js';
import { ALARMS_TEXTS } from '../alarms/alarms-texts.js';
import { useFormats } from '../format.js';
import { TypeIcon } from '../icons.js';
import { NoteText } from '../note-text.js';
import { useTexts, useTextsOf } from '../texts.js';
import { AUDIT_TEXTS } from './audit-texts.js';

type PastChange = PastAnswer['changes']['items'][number];

interface Props {
  readonly past: PastAnswer;
  readonly onShow: (alarmId: string) => void;
  readonly onSensor: (sensorId: string) => void;
}

/** What was recorded at the moment that is shown, or last before it. */
export function ChangesPanel({ past: { moments: { current }, changes: { total, items } }, onShow, onSensor }: Props) {
  const general = useTexts();
  const texts = useTextsOf(AUDIT_TEXTS);
  const words = useTextsOf(ALARMS_TEXTS);
  const formats = useFormats();
  const detailsOf = ({ zone, reason, until, silentForMs }: PastChange) =>
    [
      zone ?? general.noZone,
      reason === null ? '' : words.reasons[reason],
      until === null ? '' : texts.until(formats.dateTime(until)),
      silentForMs === null ? '' : texts.silentFor(formats.length(silentForMs)),
    ].filter((text) => text !== '');
  return (
    <section class="panel" aria-label={texts.changed} data-testid="audit-changes">
      <div class="panel-head">
        <h2>{texts.changed}</h2>
        <span class="muted">{current === null ? texts.nothingYet : formats.dateTime(current)}</span>
      </div>
      <ol class="rows audit-list">
        {items.map((item) => {
          const { change, alarmId, sensorId, type, by } = item;
          return (
            <li key={`${change}${alarmId ?? sensorId}`}>
              {type !== null && <TypeIcon type={type} />}
              <div>
                <b>{texts.changes[change]}</b> {by !== null ? texts.by(by) : change === 'unshelved' && texts.byTime}
                <small>{detailsOf(item).join(' · ')}</small>
                <NoteText found={item} />
              </div>
              {alarmId === null || type === null ? (
                <button type="button" class="as-link" onClick={() => onSensor(sensorId)}>
                  {general.sensorPage(sensorId)}
                </button>
              ) : (
                <button type="button" class="as-link" onClick={() => onShow(alarmId)}>
                  {general.type[type]}, {general.sensorPage(sensorId)}
                </button>
              )}
            </li>
          );
        })}
      </ol>
      {total > items.length && <p class="hint muted">{texts.andMore(formats.number(total - items.length))}</p>}
    </section>
  );
}
