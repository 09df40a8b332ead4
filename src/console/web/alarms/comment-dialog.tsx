import { useState } from 'preact/hooks';
import { getJson, send, type AlarmDetails } from '../api.js';
import { useTexts, useTextsOf } from '../texts.js';
import { ActionDialog } from './action-dialog.js';
import { ALARMS_TEXTS } from './alarms-texts.js';
import { NoteField } from './note-field.js';

/** Writes a note about an alarm as it was when it opened. */
export function CommentDialog({ alarm, onClose }: { alarm: AlarmDetails; onClose: () => void }) {
  const general = useTexts();
  const texts = useTextsOf(ALARMS_TEXTS);
  const [note, setNote] = useState('');
  const { alarmId, type, sensorId, version } = alarm;
  const text = texts.alarm(general.type[type], sensorId);
  return (
    <ActionDialog
      title={general.writeNote}
      verb={general.writeNote}
      targets={[{ key: alarmId, version, text }]}
      send={(target, operator) => send(`/api/alarms/${alarmId}/comments`, { operator, note }, target.version)}
      readAgain={async (target) => ({ ...target, version: (await getJson<AlarmDetails>(`/api/alarms/${alarmId}`)).version })}
      onDone={() => undefined}
      onClose={onClose}
    >
      <NoteField note={note} onNote={setNote} isRequired />
    </ActionDialog>
  );
}
