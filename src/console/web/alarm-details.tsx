import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { AcknowledgeDialog } from './alarms/acknowledge-dialog.js';
import { ALARMS_TEXTS } from './alarms/alarms-texts.js';
import { CommentDialog } from './alarms/comment-dialog.js';
import { getJson, type AlarmDetails, type Mail } from './api.js';
import { EvidenceTable } from './evidence-table.js';
import { useFormats } from './format.js';
import { TypeIcon } from './icons.js';
import { useLive } from './live-hub.js';
import { NoteText } from './note-text.js';
import { Link } from './router.js';
import { useMay } from './session.js';
import { useTexts, useTextsOf } from './texts.js';

interface Props {
  readonly alarmId: string;
  readonly onClose: () => void;
}

/** One alarm with its evidence and its e-mail. */
export function AlarmDetailsDialog({ alarmId, onClose }: Props) {
  const texts = useTexts();
  const dialog = useRef<HTMLDialogElement>(null);
  const [alarm, setAlarm] = useState<AlarmDetails | 'failed' | null>(null);
  const [changes, setChanges] = useState(0);

  useEffect(() => dialog.current?.showModal(), []);
  const readAgain = () => setChanges((before) => before + 1);
  useLive({ onReset: readAgain, onAlarm: (changed) => changed.alarmId === alarmId && readAgain() });
  useEffect(() => {
    const gone = new AbortController();
    getJson<AlarmDetails>(`/api/alarms/${alarmId}`, gone.signal).then(setAlarm, () => {
      if (!gone.signal.aborted) setAlarm((before) => before ?? 'failed');
    });
    return () => gone.abort();
  }, [alarmId, changes]);

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
  const words = useTextsOf(ALARMS_TEXTS);
  const [asking, setAsking] = useState<'acknowledge' | 'comment' | null>(null);
  const mayOperate = useMay('operator');
  const { n, windowMs } = alarm.policy;
  return (
    <>
      <h2 class="details-head">
        <TypeIcon type={alarm.type} />
        {texts.type[alarm.type]} <span class={`state ${alarm.status}`}>{texts.status[alarm.status]}</span>
      </h2>
      <dl>
        <Fact name={texts.sensor}>
          <Link to={{ page: 'sensor', sensorId: alarm.sensorId }}>{alarm.sensorId}</Link>
        </Fact>
        <Fact name={texts.zone}>{alarm.zone === null ? texts.noZone : `${alarm.zone} · ${alarm.geohash ?? ''}`}</Fact>
        <Fact name={texts.triggeredAt}>{formats.dateTime(alarm.triggeredAt)}</Fact>
        <Fact name={texts.acknowledged}>{alarm.acknowledged === null ? texts.notYet : `${formats.dateTime(alarm.acknowledged.at)} · ${alarm.acknowledged.by}`}</Fact>
        {alarm.recoveredAt !== null && <Fact name={texts.recoveredAt}>{formats.dateTime(alarm.recoveredAt)}</Fact>}
        {alarm.type !== 'motion' && <Fact name={texts.policy}>{texts.policyText(n, windowMs === null ? null : Math.round(windowMs / 60_000))}</Fact>}
        <Fact name={texts.alarmId}>
          <code>{alarm.alarmId}</code>
        </Fact>
      </dl>
      <h3>{texts.evidence}</h3>
      <EvidenceTable evidence={alarm.evidence} completedAt={alarm.triggeredAt} />
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
      <Operators operators={alarm.operators} />
      {mayOperate && (
        <div class="operate">
          {alarm.acknowledged === null && (
            <button type="button" class="button is-main" onClick={() => setAsking('acknowledge')}>
              {words.acknowledge}
            </button>
          )}
          <button type="button" class="button" onClick={() => setAsking('comment')}>
            {texts.writeNote}
          </button>
        </div>
      )}
      {asking === 'acknowledge' && <AcknowledgeDialog alarms={[alarm]} onDone={() => undefined} onClose={() => setAsking(null)} />}
      {asking === 'comment' && <CommentDialog alarm={alarm} onClose={() => setAsking(null)} />}
      <MailText address={alarm.mail} isSent={alarm.email === 'sent'} />
    </>
  );
}

function Operators({ operators }: { operators: AlarmDetails['operators'] }) {
  const texts = useTexts();
  const formats = useFormats();
  if (operators.length === 0) return null;
  return (
    <>
      <h3>{texts.operators}</h3>
      <ol class="record" data-testid="operators">
        {operators.map((event) => (
          <li key={event.recordedAt}>
            <time>{formats.dateTime(event.recordedAt)}</time> {texts.operatorEvents[event.type]} <b>{event.by}</b>
            <NoteText found={event} />
          </li>
        ))}
      </ol>
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
