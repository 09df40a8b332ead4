import { useTextsOf } from '../texts.js';
import { ALARMS_TEXTS } from './alarms-texts.js';

/** As long as the server takes it. */
const LONGEST_NOTE = 4000;

export function NoteField({ note, onNote, isRequired = false }: { note: string; onNote: (note: string) => void; isRequired?: boolean }) {
  const texts = useTextsOf(ALARMS_TEXTS);
  return (
    <label class="field">
      <span>{isRequired ? texts.noteNeeded : texts.note}</span>
      <textarea rows={3} maxLength={LONGEST_NOTE} required={isRequired} value={note} onInput={(event) => onNote(event.currentTarget.value)} data-testid="note" />
    </label>
  );
}
