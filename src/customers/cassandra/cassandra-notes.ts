import { types, type Client } from 'cassandra-driver';
import type { Clock } from '../../clock.js';
import { refuseUnstorableNote, type Note, type NoteStore } from '../note-store.js';
import { PROFILE } from './cassandra-client.js';
import { ERASE_NOTES, FIND_NOTES, NOTES_WRITTEN, REMOVE_NOTE, SAVE_NOTE, SCAN_NOTES } from './cassandra-queries.js';
import type { GuardedAsking } from './guarded-asking.js';

/** Rows of a scan per answer. */
const SCAN_ROWS = 500;

/** The notes in `world.alarm_notes`; like the customers written to all replicas, so that one is enough to read them. */
export class CassandraNotes implements NoteStore {
  constructor(
    private readonly client: Client,
    private readonly asking: GuardedAsking,
    private readonly clock: Clock,
  ) {}

  async save(note: Note): Promise<void> {
    refuseUnstorableNote(note);
    await this.asking.ask('save a note', () => this.client.execute(SAVE_NOTE, [note.sensorId, note.eventId, note.text], { executionProfile: PROFILE.write }));
  }

  async find(sensorId: number, eventIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (eventIds.length === 0) return new Map();
    const { rows } = await this.asking.askInTime('look notes up', () => this.client.execute(FIND_NOTES, [sensorId, [...eventIds]], { executionProfile: PROFILE.readOne }));
    return new Map(rows.map((row) => [String(row['event_id']), String(row['note'])]));
  }

  async remove(sensorId: number, eventId: string): Promise<void> {
    await this.asking.ask('remove a note', () => this.client.execute(REMOVE_NOTE, [sensorId, eventId], { executionProfile: PROFILE.write }));
  }

  async *all(): AsyncGenerator<readonly Note[]> {
    let pageState: string | undefined;
    do {
      const options = { executionProfile: PROFILE.readOne, fetchSize: SCAN_ROWS, ...(pageState === undefined ? {} : { pageState }) };
      const page: types.ResultSet = await this.asking.ask('read all notes', () => this.client.execute(SCAN_NOTES, [], options));
      if (page.rows.length > 0) yield page.rows.map((row) => ({ sensorId: Number(row['sensor_id']), eventId: String(row['event_id']), text: String(row['note']) }));
      pageState = page.pageState ?? undefined;
    } while (pageState !== undefined);
  }

  /** Removes the notes about a sensor, also those of a writer whose clock is ahead of ours; false when there was none. */
  async erase(sensorId: number): Promise<boolean> {
    return this.asking.ask('erase notes', async () => {
      const { rows } = await this.client.execute(NOTES_WRITTEN, [sensorId], { executionProfile: PROFILE.readAll });
      if (rows.length === 0) return false;
      await this.client.execute(ERASE_NOTES, [laterThan(rows, this.clock), sensorId], { executionProfile: PROFILE.write });
      return true;
    });
  }
}

/** A time in microseconds after all of those in the rows, now if they are past: what is erased must be older than the erasure. */
export function laterThan(rows: readonly types.Row[], clock: Clock): types.Long {
  const written = rows.flatMap((row) => row.values() as (types.Long | null)[]).filter((value) => value !== null);
  const now = types.Long.fromNumber(clock.now()).multiply(1000);
  return written.reduce((latest, time) => (time.greaterThanOrEqual(latest) ? time.add(1) : latest), now);
}
