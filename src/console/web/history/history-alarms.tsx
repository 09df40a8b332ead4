import { useEffect, useState } from 'preact/hooks';
import { ALARM_TYPES, queryOf, type AlarmType } from '../api.js';
import { CountedTitle } from '../counted-title.js';
import { useFormats } from '../format.js';
import { EmailIcon, TypeIcon } from '../icons.js';
import { loadAlarms, type SomeAlarms } from '../open-alarms.js';
import { useTexts, useTextsOf } from '../texts.js';
import { HISTORY_TEXTS } from './history-texts.js';

const PAGE = 50;

interface Props {
  readonly title: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly types: readonly AlarmType[];
  readonly onShow: (alarmId: string) => void;
  readonly onClose: () => void;
}

/** The alarms of one bar, or one row of the table. */
export function HistoryAlarms({ title, fromMs, toMs, types, onShow, onClose }: Props) {
  const general = useTexts();
  const texts = useTextsOf(HISTORY_TEXTS);
  const formats = useFormats();
  const [wanted, setWanted] = useState(PAGE);
  const [some, setSome] = useState<SomeAlarms | 'failed' | null>(null);
  const range = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
  useEffect(() => {
    let isCurrent = true;
    loadOfTypes(range, types, wanted).then(
      (loaded) => isCurrent && setSome(loaded),
      () => isCurrent && setSome('failed'),
    );
    return () => {
      isCurrent = false;
    };
  }, [fromMs, toMs, types.join(), wanted]);
  return (
    <section class="panel" aria-label={title} data-testid="history-alarms">
      <div class="panel-head">
        <CountedTitle title={title} total={some !== null && some !== 'failed' ? some.total : null} />
        <a class="button" href={`/api/export/alarms.csv${queryOf({ ...range, type: types.length === 1 ? types[0] : null, order: 'oldest' })}`} download>
          {texts.alarmsCsv}
        </a>
        <button type="button" class="button is-quiet" onClick={onClose}>
          {texts.close}
        </button>
      </div>
      {some === null || some === 'failed' ? (
        <p class="empty">{some === null ? general.loading : general.failed}</p>
      ) : (
        <>
          <ol class="history-alarms">
            {some.alarms.map(({ alarmId, type: kind, sensorId, zone, status, triggeredAt, email }) => (
              <li key={alarmId}>
                <button type="button" class="alarm" onClick={() => onShow(alarmId)} data-testid={`past-${sensorId}-${kind}`}>
                  <TypeIcon type={kind} />
                  <span class="what">
                    <b>{general.type[kind]}</b>
                    <span>
                      {general.status[status]} · {zone ?? general.noZone}
                    </span>
                  </span>
                  <span class="where">
                    <span>
                      {general.sensor} {sensorId}
                    </span>
                    <time dateTime={triggeredAt}>{formats.dateTime(triggeredAt)}</time>
                  </span>
                  <EmailIcon state={email} label={general.email[email]} />
                </button>
              </li>
            ))}
          </ol>
          {some.alarms.length < some.total && (
            <button type="button" class="more" onClick={() => setWanted((before) => before + PAGE)}>
              {general.more} <small>{general.showing(formats.number(some.alarms.length), formats.number(some.total))}</small>
            </button>
          )}
        </>
      )}
    </section>
  );
}

/** The oldest alarms of these types, and how many there are. The server filters by one type or none. */
async function loadOfTypes(range: { readonly from: string; readonly to: string }, types: readonly AlarmType[], wanted: number): Promise<SomeAlarms> {
  const asked = types.length === ALARM_TYPES.length ? [null] : types;
  const parts = await Promise.all(asked.map((type) => loadAlarms({ ...range, type, order: 'oldest' }, wanted)));
  const alarms = parts.flatMap(({ alarms: part }) => part).sort((a, b) => a.triggeredAt.localeCompare(b.triggeredAt));
  return { alarms: alarms.slice(0, wanted), total: parts.reduce((sum, { total }) => sum + total, 0) };
}
