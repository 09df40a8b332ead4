import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EmbeddedDatabase, WriteStatement } from '../storage/embedded-database.js';
import { refuseUnstorableNote, type Note, type NoteStore } from './note-store.js';

/** In the file of the customers, so that one transaction erases both. */
export const NOTES_SCHEMA = `
CREATE TABLE IF NOT EXISTS notes (
  sensor_id INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (sensor_id, event_id)
) WITHOUT ROWID;
`;

/** Rows per page: at 4,000 characters each some 2 MB. */
const PAGE_ROWS = 500;

export interface NotesStatements {
  readonly insert: WriteStatement;
  readonly remove: WriteStatement;
  readonly eraseAll: WriteStatement;
}

export async function notesStatements(database: EmbeddedDatabase): Promise<NotesStatements> {
  return {
    insert: await database.writeStatement('INSERT OR REPLACE INTO notes (sensor_id, event_id, note) VALUES (?, ?, ?)'),
    remove: await database.writeStatement('DELETE FROM notes WHERE sensor_id = ? AND event_id = ?'),
    eraseAll: await database.writeStatement('DELETE FROM notes WHERE sensor_id = ?'),
  };
}

/** The notes in the customers' database. */
export class LibsqlNotes implements NoteStore {
  constructor(
    private readonly database: EmbeddedDatabase,
    private readonly statements: NotesStatements,
    private readonly read: <T>(query: () => T) => T,
    private readonly write: <T>(work: () => T) => Promise<T>,
  ) {}

  async save(note: Note): Promise<void> {
    refuseUnstorableNote(note);
    await this.write(() => this.statements.insert.run(note.sensorId, note.eventId, note.text));
  }

  async find(sensorId: number, eventIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const sql = 'SELECT event_id AS eventId, note FROM notes WHERE sensor_id = ? AND event_id IN (SELECT value FROM json_each(?))';
    const rows = this.read(() => this.database.all<{ eventId: string; note: string }>(sql, sensorId, JSON.stringify(eventIds)));
    return new Map(rows.map(({ eventId, note }) => [eventId, note]));
  }

  async remove(sensorId: number, eventId: string): Promise<void> {
    await this.write(() => this.statements.remove.run(sensorId, eventId));
  }

  async *all(): AsyncGenerator<readonly Note[]> {
    const sql = 'SELECT sensor_id AS sensorId, event_id AS eventId, note AS text FROM notes WHERE (sensor_id, event_id) > (?, ?) ORDER BY sensor_id, event_id LIMIT ?';
    for (let after: readonly [number, string] = [-1, '']; ; await nextTurn()) {
      const page = this.read(() => this.database.all<Note>(sql, ...after, PAGE_ROWS));
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      after = [last.sensorId, last.eventId];
    }
  }
}
