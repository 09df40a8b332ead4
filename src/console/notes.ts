import { CustomersUnavailable } from '../customers/customer-store.js';
import type { NoteStore } from '../customers/note-store.js';

/** The text of a note, and why there is none. */
export interface FoundNote {
  readonly note: string | null;
  readonly noteState: 'none' | 'known' | 'erased' | 'unavailable';
}

/** The notes of a sensor's events by event id; `eventIds` are those that were stored with one. What happened is shown even while its notes can't be read. */
export async function findNotes(notes: NoteStore, sensorId: number, eventIds: readonly string[]): Promise<(eventId: string) => FoundNote> {
  const asked = new Set(eventIds);
  if (asked.size === 0) return () => ({ note: null, noteState: 'none' });
  let found: ReadonlyMap<string, string> | null;
  try {
    found = await notes.find(sensorId, eventIds);
  } catch (error) {
    if (!(error instanceof CustomersUnavailable)) throw error;
    found = null;
  }
  return (eventId) => {
    if (!asked.has(eventId)) return { note: null, noteState: 'none' };
    if (found === null) return { note: null, noteState: 'unavailable' };
    const note = found.get(eventId) ?? null;
    return { note, noteState: note === null ? 'erased' : 'known' };
  };
}
