import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { getJson, type AlarmDetails, type AlarmSummary, type Mail } from './api.js';
import { useFormats } from './format.js';
import { TypeIcon } from './icons.js';
import { useTexts } from './texts.js';

interface Props {
  readonly alarmId: string;
  /** The list's alarm; when it changes, the details are read again. */
  readonly changed: AlarmSummary | undefined;
  readonly onClose: () => void;
}

/** One alarm with its evidence and its e-mail. */
export function AlarmDetailsDialog({ alarmId, changed, onClose }: Props) {
  const texts = useTexts();
  const dialog = useRef<HTMLDialogElement>(null);
  const [alarm, setAlarm] = useState<AlarmDetails | 'failed' | null>(null);

  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    const gone = new AbortController();
    getJson<AlarmDetails>(`/api/alarms/${alarmId}`, gone.signal).then(setAlarm, () => {
      if (!gone.signal.aborted) setAlarm((before) => before ?? 'failed');
    });
    return () => gone.abort();
  }, [alarmId, changed?.email, changed?.status]);

  return (
    <dialog ref={dialog} onClose={onClose} onClick={(event) => event.target === dialog.current && dialog.current?.close()} data-testid="details">
      <div class="sheet">
        <button type="button" class="close" aria-label={texts.close} onClick={() => dialog.current?.close()}>
          ×
        </button>
        {alarm === null ? <p class="empty">{texts.loading}</p> : alarm === 'failed' ? <p class="empty">{texts.failed}</p> : <Details alarm={alarm} />}
      </div>
    </dialog>
  );
}

function Details({ alarm }: { alarm: AlarmDetails }) {
  const texts = useTexts();
  const formats = useFormats();
  const { n, windowMs } = alarm.policy;
  return (
    <>
      <h2 class="details-head">
        <TypeIcon type={alarm.type} />
        {texts.type[alarm.type]} <span class={`state ${alarm.status}`}>{texts.status[alarm.status]}</span>
      </h2>
      <dl>
        <Fact name={texts.sensor}>{alarm.sensorId}</Fact>
        <Fact name={texts.zone}>{alarm.zone === null ? texts.noZone : `${alarm.zone} · ${alarm.geohash ?? ''}`}</Fact>
        <Fact name={texts.triggeredAt}>{formats.dateTime(alarm.triggeredAt)}</Fact>
        {alarm.recoveredAt !== null && <Fact name={texts.recoveredAt}>{formats.dateTime(alarm.recoveredAt)}</Fact>}
        {alarm.type !== 'motion' && <Fact name={texts.policy}>{texts.policyText(n, windowMs === null ? null : Math.round(windowMs / 60_000))}</Fact>}
        <Fact name={texts.alarmId}>
          <code>{alarm.alarmId}</code>
        </Fact>
      </dl>
      <h3>{texts.evidence}</h3>
      <table>
        <thead>
          <tr>
            <th>{texts.readAt}</th>
            <th>{texts.type.motion}</th>
            <th>{texts.type.smoke}</th>
            <th>{texts.type.temperature}</th>
          </tr>
        </thead>
        <tbody>
          {alarm.evidence.map((reading) => (
            <tr key={`${reading.source.partition}-${reading.source.offset}`}>
              <td>{formats.dateTime(reading.readAt)}</td>
              <td class={reading.movement ? 'is-abnormal' : ''}>{reading.movement ? texts.yes : texts.no}</td>
              <td class={reading.smoke ? 'is-abnormal' : ''}>{reading.smoke ? texts.yes : texts.no}</td>
              <td class={reading.temperatureCelsius > reading.maxTemperatureCelsius ? 'is-abnormal' : ''}>
                {formats.number(reading.temperatureCelsius)} °C <small>({texts.maximum} {formats.number(reading.maxTemperatureCelsius)})</small>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>{texts.emailRecord}</h3>
      <ol class="record">
        {alarm.notifications.map(({ type, recordedAt, data }, index) => (
          <li key={index}>
            <time>{formats.dateTime(recordedAt)}</time> {texts.events[type] ?? type}
            {typeof data['attempt'] === 'number' ? ` ${data['attempt']}` : ''}
            {typeof data['reason'] === 'string' ? <small> {data['reason']}</small> : null}
          </li>
        ))}
        {alarm.notifications.length === 0 && <li>{texts.email[alarm.email]}</li>}
      </ol>
      <MailText address={alarm.mail} isSent={alarm.email === 'sent'} />
    </>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function MailText({ address, isSent }: { address: string | null; isSent: boolean }) {
  const texts = useTexts();
  const [mail, setMail] = useState<Mail | null>(null);
  useEffect(() => {
    if (address === null) return undefined;
    const gone = new AbortController();
    getJson<Mail>(address, gone.signal).then(setMail, () => undefined);
    return () => gone.abort();
  }, [address]);
  if (address === null) return isSent ? <p class="muted">{texts.emailNotHere}</p> : null;
  return (
    <>
      <h3>{texts.emailText}</h3>
      {mail === null ? (
        <p class="muted">{texts.loading}</p>
      ) : (
        <pre data-testid="mail">
          {`${mail.subject}\n→ ${mail.to}\n\n${mail.text}`}
        </pre>
      )}
    </>
  );
}
