import type { AlarmSummary } from '../api.js';
import { useFormats } from '../format.js';
import { EmailIcon, TypeIcon } from '../icons.js';
import { Link } from '../router.js';
import { useMay } from '../session.js';
import { useTexts, useTextsOf } from '../texts.js';
import { ALARMS_TEXTS } from './alarms-texts.js';

export interface RowActions {
  /** `isRange`: with all between this one and the last chosen. */
  readonly choose: (alarmId: string, isChosen: boolean, isRange: boolean) => void;
  readonly show: (alarmId: string) => void;
  readonly acknowledge: (alarm: AlarmSummary) => void;
  readonly shelve: (sensorId: string) => void;
}

interface Props {
  readonly alarm: AlarmSummary;
  readonly customer: string;
  readonly isChosen: boolean;
  readonly nowMs: number;
  readonly actions: RowActions;
}

export function AlarmRow({ alarm, customer, isChosen, nowMs, actions }: Props) {
  const general = useTexts();
  const texts = useTextsOf(ALARMS_TEXTS);
  const formats = useFormats();
  const mayOperate = useMay('operator');
  const { alarmId, sensorId, type, status, acknowledged, zone, email, triggeredAt } = alarm;
  const what = texts.alarm(general.type[type], sensorId);
  return (
    <tr class={`standing-row ${status} ${acknowledged === null ? 'is-new' : ''} ${isChosen ? 'is-chosen' : ''}`} data-testid={`standing-${sensorId}-${type}`}>
      <td class="check">
        <label>
          <input
            type="checkbox"
            checked={isChosen}
            aria-label={texts.select(what)}
            data-alarm={alarmId}
            onClick={(event) => actions.choose(alarmId, event.currentTarget.checked, event.shiftKey)}
          />
        </label>
      </td>
      <td class="type">
        <div class="type-cell">
          <TypeIcon type={type} />
          <div>
            <span class="type-line">
              <button type="button" class="as-link" aria-label={texts.details(what)} onClick={() => actions.show(alarmId)}>
                {general.type[type]}
              </button>
              <span class={`state ${status}`}>{general.status[status]}</span>
            </span>
            {acknowledged !== null && <small>{texts.by(acknowledged.by)}</small>}
            <small class="narrow">{[zone ?? general.noZone, `${general.sensor} ${sensorId}`, customer].filter((part) => part !== '').join(' · ')}</small>
          </div>
        </div>
      </td>
      <td class="age">
        <time dateTime={triggeredAt} title={formats.dateTime(triggeredAt)}>
          {formats.age(triggeredAt, Math.max(nowMs, Date.now()))}
        </time>
      </td>
      <td class="zone">{zone ?? <span class="muted">{general.noZone}</span>}</td>
      <td class="sensor">
        <Link to={{ page: 'sensor', sensorId }}>{sensorId}</Link>
      </td>
      <td class="customer">{customer}</td>
      <td class="email">
        <span class="email-cell">
          <EmailIcon state={email} label={general.email[email]} /> <span aria-hidden="true">{texts.emails[email]}</span>
        </span>
      </td>
      <td class="actions">
        {mayOperate && acknowledged === null && (
          <button type="button" class="button" aria-label={texts.acknowledgeOne(what)} onClick={() => actions.acknowledge(alarm)}>
            {texts.acknowledge}
          </button>
        )}
        {mayOperate && (
          <button type="button" class="button is-quiet" aria-label={texts.shelveOne(sensorId)} onClick={() => actions.shelve(sensorId)}>
            {texts.shelveShort}
          </button>
        )}
      </td>
    </tr>
  );
}
