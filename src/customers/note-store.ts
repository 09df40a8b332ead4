import { unstorable } from './customer.js';

/** What an operator wrote about a sensor: its text is nowhere else, and belongs to the event of the same id. */
export interface Note {
  readonly sensorId: number;
  /** A UUID. */
  readonly eventId: string;
  readonly text: string;
}

/** Longest text in UTF-16 units: a page or so. */
export const LONGEST_NOTE = 4000;

/**
 * The notes' port: two adapters, each part of a customer store, whose `erase` takes the notes of the sensor with it (P5).
 * Thrown by every method: `CustomersUnavailable`.
 */
export interface NoteStore {
  /** Durably; the same note twice is the same as once. Thrown also: `NoteRefused`. */
  save(note: Note): Promise<void>;
  /** The texts of these events of a sensor, as far as there are any, by event id. */
  find(sensorId: number, eventIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Removes one note; nothing when there is none. */
  remove(sensorId: number, eventId: string): Promise<void>;
  /** Every note once, in pages, in any order. */
  all(): AsyncIterable<readonly Note[]>;
}

/** A note can't be stored unchanged; a retry does not help. */
export class NoteRefused extends Error {
  constructor(reason: string) {
    super(`note: ${reason}`);
    this.name = 'NoteRefused';
  }
}

/** Thrown: `NoteRefused` for a text that no store would keep unchanged. */
export function refuseUnstorableNote({ text }: Note): void {
  if (text.length === 0 || text.length > LONGEST_NOTE) throw new NoteRefused(`got ${text.length} characters, expected 1 to ${LONGEST_NOTE}`);
  const reason = unstorable(text);
  if (reason) throw new NoteRefused(`the text ${reason}`);
}
