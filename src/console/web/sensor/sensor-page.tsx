import { useState } from 'preact/hooks';
import { ALARMS_TEXTS } from '../alarms/alarms-texts.js';
import { ShelveDialog, UnshelveDialog } from '../alarms/shelve-dialog.js';
import { ALARM_TYPES, type SensorDetails, type SensorShelving } from '../api.js';
import { EvidenceTable } from '../evidence-table.js';
import { useFormats } from '../format.js';
import { NoteText } from '../note-text.js';
import { Link } from '../router.js';
import { useMay } from '../session.js';
import { useTexts, useTextsOf } from '../texts.js';
import type { SystemData } from '../use-system-data.js';
import { ChatterPanel } from './chatter-panel.js';
import { CustomerPanel } from './customer-panel.js';
import { EventList } from './event-list.js';
import { SensorAlarms } from './sensor-alarms.js';
import './sensor.css';
import { SENSOR_TEXTS } from './sensor-texts.js';
import { TimeLine } from './time-line.js';
import { useSensor } from './use-sensor.js';

interface Props {
  readonly sensorId: string;
  readonly system: SystemData;
  readonly onShow: (alarmId: string) => void;
}

/** One sensor: whose it is, how it is and was, and what was done about it. */
export function SensorPage({ sensorId, system, onShow }: Props) {
  const general = useTexts();
  const texts = useTextsOf(SENSOR_TEXTS);
  const data = useSensor(sensorId);
  const [asking, setAsking] = useState<'shelve' | 'unshelve' | null>(null);
  const [message, setMessage] = useState('');
  const { sensor, shelving, customer, alarms } = data;
  const say = (text: string) => {
    setMessage(text);
    data.refresh();
  };
  return (
    <main tabIndex={-1} class={`page sensor-page ${system.live === 'stale' ? 'is-stale' : ''}`}>
      {sensor === 'unknown' ? (
        <p class="panel empty wide">{texts.unknown(sensorId)}</p>
      ) : sensor === null || shelving === null || alarms === null ? (
        <p class="panel empty wide">{data.hasFailed ? general.failed : general.loading}</p>
      ) : (
        <>
          <div class="sensor-head wide">
            <Link to={{ page: 'alarms' }} class="back">
              ← {texts.back}
            </Link>
            <h2>
              {texts.title(sensorId)} {customer !== null && <small>{`${customer.name} ${customer.surname}`}</small>}
            </h2>
            <States sensor={sensor} />
            <Link to={{ page: 'audit' }} search={`?sensor=${sensorId}`} class="back">
              {texts.audit}
            </Link>
            <span class="message" role="status">
              {message}
            </span>
          </div>
          <div class="sensor-main">
            <TimeLine events={data.events.items} total={data.events.total} nowMs={Math.max(system.nowMs, Date.now())} onShow={onShow} />
            <SensorAlarms alarms={alarms.items} total={alarms.total} onShow={onShow} onMore={data.moreAlarms} />
            <EventList events={data.events.items} total={data.events.total} onMore={data.moreEvents} />
          </div>
          <div class="sensor-side">
            <ShelvingPanel shelving={shelving} onAsk={setAsking} />
            <Strikes sensor={sensor} />
            <ChatterPanel alarms={alarms} nowMs={system.nowMs} />
            <CustomerPanel sensor={sensor} customer={customer} />
          </div>
        </>
      )}
      {asking === 'shelve' && <ShelveDialog sensorIds={[sensorId]} onDone={say} onClose={() => setAsking(null)} />}
      {asking === 'unshelve' && <UnshelveDialog sensorId={sensorId} onDone={say} onClose={() => setAsking(null)} />}
    </main>
  );
}

function States({ sensor }: { sensor: SensorDetails }) {
  const texts = useTextsOf(SENSOR_TEXTS);
  const isInAlarm = Object.keys(sensor.openAlarms).length > 0;
  return (
    <span class="states" data-testid="sensor-states">
      <span class={`state ${isInAlarm ? 'open' : ''}`}>{isInAlarm ? texts.states.alarm : texts.states.calm}</span>
      {sensor.shelving !== null && <span class="state is-warn">{texts.states.shelved}</span>}
      {sensor.silence !== null && <span class="state is-warn">{texts.states.silent}</span>}
    </span>
  );
}

function ShelvingPanel({ shelving: { shelving }, onAsk }: { shelving: SensorShelving; onAsk: (what: 'shelve' | 'unshelve') => void }) {
  const texts = useTextsOf(SENSOR_TEXTS);
  const words = useTextsOf(ALARMS_TEXTS);
  const mayOperate = useMay('operator');
  const formats = useFormats();
  return (
    <section class="panel shelving" aria-label={texts.shelving} data-testid="shelving">
      <div class="panel-head">
        <h2>{texts.shelving}</h2>
      </div>
      <div class="shelving-text">
        {shelving === null ? <p class="muted">{texts.notShelved}</p> : <p>{texts.untilBy(formats.dateTime(shelving.until), words.reasons[shelving.reason], shelving.by)}</p>}
        {shelving !== null && <NoteText found={shelving} />}
        {mayOperate && (
          <button type="button" class="button" onClick={() => onAsk('shelve')}>
            {shelving === null ? texts.shelve : texts.change}
          </button>
        )}
        {mayOperate && shelving !== null && (
          <button type="button" class="button" onClick={() => onAsk('unshelve')}>
            {texts.unshelve}
          </button>
        )}
      </div>
    </section>
  );
}

function Strikes({ sensor: { strikes } }: { sensor: SensorDetails }) {
  const general = useTexts();
  const texts = useTextsOf(SENSOR_TEXTS);
  const held = ALARM_TYPES.flatMap((type) => {
    const readings = strikes[type] ?? [];
    return readings.length === 0 ? [] : [{ type, readings }];
  });
  return (
    <section class="panel" aria-label={texts.strikes} data-testid="strikes">
      <div class="panel-head">
        <h2>{texts.strikes}</h2>
        {held.length === 0 && <span class="muted">{texts.noStrikes}</span>}
      </div>
      {held.map(({ type, readings }) => (
        <div key={type} class="strikes">
          <h3>
            {general.type[type]} <span class="count">{readings.length}</span>
          </h3>
          <EvidenceTable evidence={readings} completedAt={null} />
        </div>
      ))}
    </section>
  );
}
