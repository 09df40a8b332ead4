import { useEffect, useState } from 'preact/hooks';
import { getJson, send, type SensorShelving } from '../api.js';
import { localSeconds, useFormats } from '../format.js';
import { useTexts, useTextsOf } from '../texts.js';
import { ActionDialog, type Target } from './action-dialog.js';
import { ALARMS_TEXTS } from './alarms-texts.js';
import { NoteField } from './note-field.js';
import { endOf, firstMinutes, fixedEnds, offeredMinutes } from './shelving-lengths.js';

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
  /** Undefined until something is chosen, null for a fixed time. */
  const [chosen, setChosen] = useState<number | null | undefined>(undefined);
  const [fixed, setFixed] = useState('');
  const [note, setNote] = useState('');
  const formats = useFormats();
  const { targets, longestMs, readAgain } = useShelvingTargets(sensorIds, (why) => (onDone(why), onClose()));
  if (targets === null) return null;
  const minutes = chosen === undefined ? firstMinutes(longestMs) : chosen;
  const until = () => (minutes === null ? new Date(fixed).toISOString() : endOf(minutes, longestMs, Date.now()));
  const [earliest, latest] = fixedEnds(longestMs, Date.now()).map((ms) => localSeconds(ms).slice(0, 16));
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
          <select value={minutes ?? ''} onChange={(event) => setChosen(event.currentTarget.value === '' ? null : Number(event.currentTarget.value))} data-testid="until">
            {offeredMinutes(longestMs).map((each) => (
              <option key={each} value={each}>
                {texts.forMinutes[each] ?? formats.length(each * 60_000)}
              </option>
            ))}
            <option value="">{texts.untilTime}</option>
          </select>
        </label>
        {minutes === null && (
          <label class="field">
            <span>{texts.time}</span>
            <input type="datetime-local" required min={earliest} max={latest} value={fixed} onInput={(event) => setFixed(event.currentTarget.value)} data-testid="until-time" />
            <small>{texts.atMost(formats.length(longestMs))}</small>
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

interface ShelvingTargets {
  /** Null until they are known. */
  readonly targets: readonly Target[] | null;
  /** No shelving may be longer. */
  readonly longestMs: number;
  readonly readAgain: (target: Target) => Promise<Target>;
}

/** The sensors as they are. */
function useShelvingTargets(sensorIds: readonly string[], onFailure: (text: string) => void): ShelvingTargets {
  const general = useTexts();
  const texts = useTextsOf(ALARMS_TEXTS);
  const { dateTime } = useFormats();
  const [targets, setTargets] = useState<readonly Target[] | null>(null);
  const [longestMs, setLongestMs] = useState(0);
  const read = async (sensorId: string): Promise<Target> => {
    const { version, shelving, longestMs: longest } = await getJson<SensorShelving>(`/api/sensors/${sensorId}/shelving`);
    setLongestMs(longest);
    const state = shelving === null ? texts.nowNotShelved : texts.nowShelved(dateTime(shelving.until), shelving.by);
    return { key: sensorId, version, text: `${general.sensor} ${sensorId} · ${state}` };
  };
  useEffect(() => {
    Promise.all(sensorIds.map(read)).then(setTargets, () => onFailure(general.failed));
  }, []);
  return { targets, longestMs, readAgain: ({ key }) => read(key) };
}
