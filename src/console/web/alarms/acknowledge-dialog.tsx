import { useState } from 'preact/hooks';
import { getJson, send, type AlarmDetails, type AlarmSummary } from '../api.js';
import { useTexts, useTextsOf } from '../texts.js';
import { ActionDialog, type Target } from './action-dialog.js';
import { ALARMS_TEXTS } from './alarms-texts.js';
import { NoteField } from './note-field.js';

interface Props {
  readonly alarms: readonly AlarmSummary[];
  readonly onDone: (text: string) => void;
  readonly onClose: () => void;
}

/** Acknowledges alarms as they were when it opened. */
export function AcknowledgeDialog({ alarms, onDone, onClose }: Props) {
  const general = useTexts();
  const texts = useTextsOf(ALARMS_TEXTS);
  const [note, setNote] = useState('');
  const targetOf = ({ alarmId, version, type, sensorId, status, acknowledged }: AlarmSummary): Target => ({
    key: alarmId,
    version,
    text: [texts.alarm(general.type[type], sensorId), texts.now[status], acknowledged === null ? texts.nowNot : texts.nowAcknowledged(acknowledged.by)].join(' · '),
  });
  return (
    <ActionDialog
      title={texts.acknowledgeTitle(alarms.length)}
      verb={texts.acknowledge}
      targets={alarms.map(targetOf)}
      send={({ key, version }, operator) => send(`/api/alarms/${key}/acknowledge`, { operator, ...(note === '' ? {} : { note }) }, version)}
      readAgain={async ({ key }) => targetOf(await getJson<AlarmDetails>(`/api/alarms/${key}`))}
      onDone={(done) => onDone(texts.doneAcknowledge(done))}
      onClose={onClose}
    >
      <NoteField note={note} onNote={setNote} />
    </ActionDialog>
  );
}
