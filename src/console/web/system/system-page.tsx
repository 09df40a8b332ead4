import { useState } from 'preact/hooks';
import type { AlarmDetails, AlarmSummary, SilentSensor } from '../api.js';
import { ALARMS_TEXTS } from '../alarms/alarms-texts.js';
import { CountedTitle } from '../counted-title.js';
import { useFormats } from '../format.js';
import type { Some } from '../load-some.js';
import { Link } from '../router.js';
import { useMay } from '../session.js';
import { ShowMore } from '../show-more.js';
import { useTexts, useTextsOf } from '../texts.js';
import type { SystemData } from '../use-system-data.js';
import { DeadLettersPanel } from './dead-letters-panel.js';
import { HealthTable } from './health-table.js';
import { operate } from './operations.js';
import { SYSTEM_TEXTS } from './system-texts.js';
import './system.css';
import { useSystemLists } from './use-system-lists.js';

/** How every part is, and what waits for somebody: dead letters, parked e-mails, silent sensors. */
export function SystemPage({ system, onShow }: { system: SystemData; onShow: (alarmId: string) => void }) {
  const general = useTexts();
  const [message, setMessage] = useState('');
  const { letters, parked, silent, hasFailed, refresh, more } = useSystemLists();
  const say = (text: string) => {
    setMessage(text);
    refresh();
  };
  return (
    <main tabIndex={-1} class={`page system-page ${system.live === 'stale' ? 'is-stale' : ''}`}>
      <p class="wide message" role="status">
        {message}
      </p>
      <HealthTable health={system.health} onDone={say} />
      <DeadLettersPanel letters={letters} onDone={say} onMore={() => more('letters')} />
      <ParkedPanel parked={parked} onDone={say} onShow={onShow} onMore={() => more('parked')} />
      <SilentPanel silent={silent} onMore={() => more('silent')} />
      {hasFailed && (
        <p class="toast" role="status">
          {general.failed}
        </p>
      )}
    </main>
  );
}

interface ParkedProps {
  readonly parked: Some<AlarmSummary> | null;
  readonly onDone: (message: string) => void;
  readonly onShow: (alarmId: string) => void;
  readonly onMore: () => void;
}

function ParkedPanel({ parked, onDone, onShow, onMore }: ParkedProps) {
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
        <CountedTitle title={texts.parked} total={parked?.total ?? null} />
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
      {parked !== null && <ShowMore shown={parked.items.length} total={parked.total} onMore={onMore} />}
    </section>
  );
}

function SilentPanel({ silent, onMore }: { silent: Some<SilentSensor> | null; onMore: () => void }) {
  const general = useTexts();
  const texts = useTextsOf(SYSTEM_TEXTS);
  const formats = useFormats();
  return (
    <section class="panel" aria-label={texts.silent} data-testid="silent">
      <div class="panel-head">
        <CountedTitle title={texts.silent} total={silent?.total ?? null} />
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
      {silent !== null && <ShowMore shown={silent.items.length} total={silent.total} onMore={onMore} />}
    </section>
  );
}
