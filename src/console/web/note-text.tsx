import type { AlarmDetails } from './api.js';
import { useTexts } from './texts.js';

type FoundNote = Pick<AlarmDetails['operators'][number], 'note' | 'noteState'>;

/** What was written in a note, or why it can't be read; nothing when none was written. */
export function NoteText({ found: { note, noteState } }: { found: FoundNote }) {
  const { noteStates } = useTexts();
  if (note !== null) return <p class="note">{note}</p>;
  return noteState === 'erased' || noteState === 'unavailable' ? <p class="note is-missing">{noteStates[noteState]}</p> : null;
}
