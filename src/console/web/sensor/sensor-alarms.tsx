import type { AlarmSummary } from '../api.js';
import { ALARMS_TEXTS } from '../alarms/alarms-texts.js';
import { CountedTitle } from '../counted-title.js';
import { useFormats } from '../format.js';
import { EmailIcon, TypeIcon } from '../icons.js';
import { ShowMore } from '../show-more.js';
import { useTexts, useTextsOf } from '../texts.js';
import { SENSOR_TEXTS } from './sensor-texts.js';

interface Props {
  readonly alarms: readonly AlarmSummary[];
  readonly total: number;
  readonly onShow: (alarmId: string) => void;
  readonly onMore: () => void;
}

/** The alarms of a sensor, the newest first; each opens with evidence, e-mails and notes. */
export function SensorAlarms({ alarms, total, onShow, onMore }: Props) {
  const general = useTexts();
  const texts = useTextsOf(SENSOR_TEXTS);
  const words = useTextsOf(ALARMS_TEXTS);
  const formats = useFormats();
  return (
    <section class="panel" aria-label={texts.alarms}>
      <div class="panel-head">
        <CountedTitle title={texts.alarms} total={total} />
      </div>
      {alarms.length === 0 ? (
        <p class="empty calm">{texts.noAlarms}</p>
      ) : (
        <ol class="sensor-alarms" data-testid="sensor-alarms">
          {alarms.map(({ alarmId, type, status, triggeredAt, recoveredAt, acknowledged, email, comments }) => (
            <li key={alarmId}>
              <TypeIcon type={type} />
              <div>
                <span class="type-line">
                  <button type="button" class="as-link" aria-label={texts.show(`${general.type[type]}, ${formats.dateTime(triggeredAt)}`)} onClick={() => onShow(alarmId)}>
                    {general.type[type]}
                  </button>
                  <span class={`state ${status}`}>{general.status[status]}</span>
                </span>
                <small>
                  {formats.dateTime(triggeredAt)}
                  {recoveredAt !== null && ` · ${texts.lasted(formats.length(Date.parse(recoveredAt) - Date.parse(triggeredAt)))}`} ·{' '}
                  {acknowledged === null ? words.nowNot : words.nowAcknowledged(acknowledged.by)}
                  {comments > 0 && ` · ${general.noteCount(comments)}`}
                </small>
              </div>
              <EmailIcon state={email} label={general.email[email]} />
            </li>
          ))}
        </ol>
      )}
      <ShowMore shown={alarms.length} total={total} onMore={onMore} />
    </section>
  );
}
