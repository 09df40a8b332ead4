import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { useTextsOf } from '../texts.js';
import type { SystemData } from '../use-system-data.js';
import { choiceOf, isSensorId, searchOf, type AuditChoice } from './audit-choice.js';
import { AUDIT_TEXTS } from './audit-texts.js';
import './audit.css';
import { ExportPanel } from './export-panel.js';
import { SensorAuditView } from './sensor-audit.js';
import { SystemAuditView } from './system-audit.js';

/** What was known at any moment, of the whole system or of one sensor. */
export function AuditPage({ system, onShow }: { system: SystemData; onShow: (alarmId: string) => void }) {
  const texts = useTextsOf(AUDIT_TEXTS);
  const [choice, setChoice] = useState(() => choiceOf(location.search));
  const search = searchOf(choice);
  useLayoutEffect(() => history.replaceState(null, '', `/audit${search}`), [search]);
  const put = (part: Partial<AuditChoice>) => setChoice((before) => ({ ...before, ...part }));
  const { sensor, asOfMs } = choice;
  return (
    <main tabIndex={-1} class="page audit-page">
      <section class="panel wide" aria-label={texts.title}>
        <div class="panel-head">
          <h2>{sensor === null ? texts.title : `${texts.title}: ${texts.sensor(sensor)}`}</h2>
          {sensor !== null && (
            <button type="button" class="button is-quiet" onClick={() => put({ sensor: null, revision: null })}>
              ← {texts.wholeSystem}
            </button>
          )}
          <SensorForm sensor={sensor} onSensor={(to) => put({ sensor: to, revision: null })} />
        </div>
        <p class="hint muted">{texts.about}</p>
      </section>
      {sensor === null ? (
        <SystemAuditView choice={choice} nowMs={system.nowMs} onChoice={put} onShow={onShow} />
      ) : (
        <SensorAuditView key={sensor} sensor={sensor} choice={choice} nowMs={system.nowMs} onChoice={put} />
      )}
      <ExportPanel asOfMs={asOfMs} nowMs={system.nowMs} sensor={sensor} />
    </main>
  );
}

function SensorForm({ sensor, onSensor }: { sensor: string | null; onSensor: (sensor: string) => void }) {
  const texts = useTextsOf(AUDIT_TEXTS);
  const [text, setText] = useState('');
  const [isBad, setBad] = useState(false);
  useEffect(() => setText(sensor ?? ''), [sensor]);
  return (
    <form
      class="filters sensor-form"
      onSubmit={(event) => {
        event.preventDefault();
        setBad(!isSensorId(text));
        if (isSensorId(text)) onSensor(String(Number(text)));
      }}
    >
      <span role="alert" class="bad">
        {isBad ? texts.badSensor : ''}
      </span>
      <label>
        {texts.sensorId} <input inputMode="numeric" value={text} onInput={(event) => setText(event.currentTarget.value)} data-testid="audit-sensor" />
      </label>
      <button type="submit" class="button">
        {texts.goSensor}
      </button>
    </form>
  );
}
