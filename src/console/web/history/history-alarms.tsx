import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { queryOf, type AlarmType } from '../api.js';
import { CountedTitle } from '../counted-title.js';
import { useFormats } from '../format.js';
import { EmailIcon, TypeIcon } from '../icons.js';
import { useLive } from '../live-hub.js';
import { loadAlarms, type SomeAlarms } from '../open-alarms.js';
import { ShowMore } from '../show-more.js';
import { useTexts, useTextsOf } from '../texts.js';
import { throttled } from '../throttle.js';
import { typesText } from './history-range.js';
import { HISTORY_TEXTS } from './history-texts.js';

const PAGE = 50;
const REFRESH_MS = 500;
const NONE: SomeAlarms = { alarms: [], total: 0 };

interface Props {
  readonly title: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly types: readonly AlarmType[];
  readonly onShow: (alarmId: string) => void;
  readonly onClose: () => void;
}

/** The alarms of one bar, or one row of the table, kept up to date. */
export function HistoryAlarms({ title, fromMs, toMs, types, onShow, onClose }: Props) {
  const general = useTexts();
  const texts = useTextsOf(HISTORY_TEXTS);
  const formats = useFormats();
  const [wanted, setWanted] = useState(PAGE);
  const [some, setSome] = useState<SomeAlarms | 'failed' | null>(null);
  const filter = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), type: typesText(types), order: 'oldest' };
  const hasTypes = types.length > 0;
  const key = [fromMs, toMs, filter.type, wanted].join();
  const asked = useRef({ key, filter, hasTypes, wanted });
  asked.current = { key, filter, hasTypes, wanted };
  const { ask, stop } = useMemo(
    () =>
      throttled(REFRESH_MS, async () => {
        const then = asked.current;
        const loaded = await (then.hasTypes ? loadAlarms(then.filter, then.wanted) : Promise.resolve(NONE)).catch(() => 'failed' as const);
        if (then.key === asked.current.key) setSome(loaded);
      }),
    [],
  );
  useLive({ onReset: ask, onAlarm: ask });
  useEffect(ask, [key]);
  useEffect(() => stop, []);
  return (
    <section class="panel" aria-label={title} data-testid="history-alarms">
      <div class="panel-head">
        <CountedTitle title={title} total={some !== null && some !== 'failed' ? some.total : null} />
        {hasTypes && (
          <a class="button" href={`/api/export/alarms.csv${queryOf(filter)}`} download data-testid="bar-csv">
            {texts.alarmsCsv}
          </a>
        )}
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
          <ShowMore shown={some.alarms.length} total={some.total} onMore={() => setWanted((before) => before + PAGE)} />
        </>
      )}
    </section>
  );
}
