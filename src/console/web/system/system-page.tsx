import { useMemo, useState } from 'preact/hooks';
import { getJson, type AlarmDetails, type AlarmList, type DeadLetterList, type SilentList } from '../api.js';
import { ALARMS_TEXTS } from '../alarms/alarms-texts.js';
import { CountedTitle } from '../counted-title.js';
import { useFormats } from '../format.js';
import { useLive } from '../live-hub.js';
import { Link } from '../router.js';
import { useMay } from '../session.js';
import { useTexts, useTextsOf } from '../texts.js';
import { throttled } from '../throttle.js';
import { useAsked } from '../use-asked.js';
import type { SystemData } from '../use-system-data.js';
import { DeadLettersPanel } from './dead-letters-panel.js';
import { HealthTable } from './health-table.js';
import { operate } from './operations.js';
import { SYSTEM_TEXTS } from './system-texts.js';
import './system.css';

const REFRESH_MS = 1000;
/** Dead letters and silences are told of by nobody. */
const QUIET_REFRESH_MS = 10_000;
const MOST = 200;

interface Lists {
  readonly letters: DeadLetterList | null;
  readonly parked: AlarmList | null;
  readonly silent: SilentList | null;
  readonly hasFailed: boolean;
}

/** How every part is, and what waits for somebody: dead letters, parked e-mails, silent sensors. */
export function SystemPage({ system, onShow }: { system: SystemData; onShow: (alarmId: string) => void }) {
  const general = useTexts();
  const texts = useTextsOf(SYSTEM_TEXTS);
  const [message, setMessage] = useState('');
  const [lists, setLists] = useState<Lists>({ letters: null, parked: null, silent: null, hasFailed: false });
  const refresh = useMemo(
    () =>
      throttled(REFRESH_MS, async () => {
        try {
          const [letters, parked, silent] = await Promise.all([
            getJson<DeadLetterList>(`/api/operations/dead-letters?status=open&limit=${MOST}`),
            getJson<AlarmList>(`/api/alarms?email=parked&limit=${MOST}`),
            getJson<SilentList>(`/api/silent?limit=${MOST}`),
          ]);
          setLists({ letters, parked, silent, hasFailed: false });
        } catch {
          setLists((before) => ({ ...before, hasFailed: true }));
        }
      }),
    [],
  );
  useLive({ onReset: refresh.ask, onAlarm: refresh.ask });
  useAsked(refresh, QUIET_REFRESH_MS);
  const say = (text: string) => {
    setMessage(text);
    refresh.ask();
  };
  return (
    <main tabIndex={-1} class={`page system-page ${system.live === 'stale' ? 'is-stale' : ''}`}>
      <p class="wide message" role="status">
        {message}
      </p>
      <HealthTable health={system.health} onDone={say} />
      <DeadLettersPanel letters={lists.letters} onDone={say} />
      <ParkedPanel parked={lists.parked} onDone={say} onShow={onShow} />
      <SilentPanel silent={lists.silent} />
      {lists.hasFailed && (
        <p class="toast" role="status">
          {general.failed}
        </p>
      )}
    </main>
  );
}

function ParkedPanel({ parked, onDone, onShow }: { parked: AlarmList | null; onDone: (message: string) => void; onShow: (alarmId: string) => void }) {
  const general = useTexts();
  const texts = useTextsOf(SYSTEM_TEXTS);
  const words = useTextsOf(ALARMS_TEXTS);
  const formats = useFormats();
  const mayRetry = useMay('operator');
  const retry = (alarmId: string) =>
    void operate<AlarmDetails>(`/api/operations/notifications/${alarmId}/retry`).then(
      () => onDone(texts.retried),
      (error: Error) => onDone(`${texts.failed}: ${error.message}`),
    );
  return (
    <section class="panel" aria-label={texts.parked} data-testid="parked">
      <div class="panel-head">
        <CountedTitle title={texts.parked} total={parked?.total ?? null} shown={parked?.items.length} />
      </div>
      {parked === null ? (
        <p class="empty">{general.loading}</p>
      ) : parked.items.length === 0 ? (
        <p class="empty calm">{texts.noParked}</p>
      ) : (
        <ul class="rows">
          {parked.items.map(({ alarmId, type, sensorId, triggeredAt, emailDetail: { attempts, reason } }) => {
            const what = words.alarm(general.type[type], sensorId);
            return (
              <li key={alarmId}>
                <div>
                  <button type="button" class="as-link" onClick={() => onShow(alarmId)}>
                    {what}
                  </button>
                  <small>
                    {formats.dateTime(triggeredAt)} · {texts.attempts(formats.number(attempts))}
                  </small>
                  {reason !== null && <small class="text">{reason}</small>}
                </div>
                {mayRetry && (
                  <button type="button" class="button" aria-label={texts.retryOf(what)} onClick={() => retry(alarmId)}>
                    {texts.retry}
                  </button>
                )}
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

function SilentPanel({ silent }: { silent: SilentList | null }) {
  const general = useTexts();
  const texts = useTextsOf(SYSTEM_TEXTS);
  const formats = useFormats();
  return (
    <section class="panel" aria-label={texts.silent} data-testid="silent">
      <div class="panel-head">
        <CountedTitle title={texts.silent} total={silent?.total ?? null} shown={silent?.items.length} />
      </div>
      {silent === null ? (
        <p class="empty">{general.loading}</p>
      ) : silent.items.length === 0 ? (
        <p class="empty calm">{texts.noSilent}</p>
      ) : (
        <ul class="rows">
          {silent.items.map(({ sensorId, since, intervalMs, silentForMs, zone }) => (
            <li key={sensorId}>
              <div>
                <Link to={{ page: 'sensor', sensorId }}>
                  {general.sensor} {sensorId}
                </Link>
                <small>
                  {formats.dateTime(since)} · {zone ?? general.noZone}
                </small>
                <small>{texts.silentFor(formats.length(silentForMs), formats.length(intervalMs))}</small>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
