import { useEffect, useState } from 'preact/hooks';
import { getJson, send, type SensorShelving } from '../api.js';
import { useFormats } from '../format.js';
import { useTexts, useTextsOf } from '../texts.js';
import { ActionDialog, type Target } from './action-dialog.js';
import { ALARMS_TEXTS } from './alarms-texts.js';
import { NoteField } from './note-field.js';

const MINUTES = [30, 60, 240, 720] as const;
const MINUTE_MS = 60_000;
const REASONS = ['maintenance', 'faulty', 'nuisance', 'test', 'other'] as const;

interface Props {
  readonly sensorIds: readonly string[];
  readonly onDone: (text: string) => void;
  readonly onClose: () => void;
}

/** Shelves sensors, or gives shelved ones another end. It opens when it is known how each is now. */
export function ShelveDialog({ sensorIds, onDone, onClose }: Props) {
  const texts = useTextsOf(ALARMS_TEXTS);
  const [reason, setReason] = useState<(typeof REASONS)[number]>('maintenance');
  const [minutes, setMinutes] = useState<number | null>(MINUTES[1]);
  const [fixed, setFixed] = useState('');
  const [note, setNote] = useState('');
  const { targets, readAgain } = useShelvingTargets(sensorIds, (why) => (onDone(why), onClose()));
  if (targets === null) return null;
  const until = () => new Date(minutes === null ? fixed : Date.now() + minutes * MINUTE_MS).toISOString();
  return (
    <ActionDialog
      title={texts.shelveTitle(targets.length)}
      explained={texts.shelveExplained}
      verb={texts.shelve}
      targets={targets}
      send={({ key, version }, operator) => send(`/api/sensors/${key}/shelve`, { operator, reason, until: until(), ...(note === '' ? {} : { note }) }, version)}
      readAgain={readAgain}
      onDone={(done) => onDone(texts.doneShelve(done))}
      onClose={onClose}
    >
      <div class="fields">
        <label class="field">
          <span>{texts.reason}</span>
          <select value={reason} onChange={(event) => setReason(event.currentTarget.value as typeof reason)} data-testid="reason">
            {REASONS.map((each) => (
              <option key={each} value={each}>
                {texts.reasons[each]}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{texts.until}</span>
          <select value={minutes ?? ''} onChange={(event) => setMinutes(event.currentTarget.value === '' ? null : Number(event.currentTarget.value))} data-testid="until">
            {MINUTES.map((each) => (
              <option key={each} value={each}>
                {texts.forMinutes[each]}
              </option>
            ))}
            <option value="">{texts.untilTime}</option>
          </select>
        </label>
        {minutes === null && (
          <label class="field">
            <span>{texts.time}</span>
            <input type="datetime-local" required value={fixed} onInput={(event) => setFixed(event.currentTarget.value)} />
          </label>
        )}
      </div>
      <NoteField note={note} onNote={setNote} />
    </ActionDialog>
  );
}

/** Ends the shelving of a sensor before its time. */
export function UnshelveDialog({ sensorId, onDone, onClose }: { sensorId: string; onDone: (text: string) => void; onClose: () => void }) {
  const texts = useTextsOf(ALARMS_TEXTS);
  const { targets, readAgain } = useShelvingTargets([sensorId], (why) => (onDone(why), onClose()));
  if (targets === null) return null;
  return (
    <ActionDialog
      title={texts.unshelveTitle}
      explained={texts.unshelveExplained}
      verb={texts.unshelve}
      targets={targets}
      send={({ key, version }, operator) => send(`/api/sensors/${key}/unshelve`, { operator }, version)}
      readAgain={readAgain}
      onDone={() => onDone(texts.doneUnshelve)}
      onClose={onClose}
    />
  );
}

/** The sensors as they are; null until they are known. */
function useShelvingTargets(sensorIds: readonly string[], onFailure: (text: string) => void): { targets: readonly Target[] | null; readAgain: (target: Target) => Promise<Target> } {
  const general = useTexts();
  const texts = useTextsOf(ALARMS_TEXTS);
  const { dateTime } = useFormats();
  const [targets, setTargets] = useState<readonly Target[] | null>(null);
  const read = async (sensorId: string): Promise<Target> => {
    const { version, shelving } = await getJson<SensorShelving>(`/api/sensors/${sensorId}/shelving`);
    const state = shelving === null ? texts.nowNotShelved : texts.nowShelved(dateTime(shelving.until), shelving.by);
    return { key: sensorId, version, text: `${general.sensor} ${sensorId} · ${state}` };
  };
  useEffect(() => {
    Promise.all(sensorIds.map(read)).then(setTargets, () => onFailure(general.failed));
  }, []);
  return { targets, readAgain: ({ key }) => read(key) };
}
