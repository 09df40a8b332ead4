import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { CustomersUnavailable } from './customer-store.js';
import { LONGEST_NOTE, refuseUnstorableNote, type Note, type NoteStore } from './note-store.js';
import { writeWholeFile } from './write-whole-file.js';

/** A line of the file is not a note; the lines before it are stored. */
export class BadNotesFile extends Error {
  constructor(file: string, line: number, problem: string) {
    super(`${file}:${line}: ${problem}`);
    this.name = 'BadNotesFile';
  }
}

const noteLine = z.strictObject({ sensorId: z.int().min(0).max(2_147_483_647), eventId: z.uuid().toLowerCase(), text: z.string().min(1).max(LONGEST_NOTE) });

/**
 * Writes all notes to a file that none but its owner can read, a line of JSON each:
 * `{"sensorId":42959,"eventId":"f822…","text":"…"}`; gives how many. The file appears under its name when it is complete, in
 * the place of one that was there. Thrown: an error naming the file; `CustomersUnavailable`.
 */
export async function writeNotes(file: string, notes: Pick<NoteStore, 'all'>): Promise<number> {
  let count = 0;
  async function* text(): AsyncGenerator<string> {
    for await (const page of notes.all()) {
      count += page.length;
      yield page.map(lineOf).join('');
    }
  }
  await writeWholeFile(file, text(), { mode: 0o600, passes: (error) => error instanceof CustomersUnavailable });
  return count;
}

/** Whoever reads lines may take these two characters for their ends. */
function lineOf({ sensorId, eventId, text }: Note): string {
  return `${JSON.stringify({ sensorId, eventId, text }).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}\n`;
}

/** Stores the notes of such a file; the same twice is the same as once. Gives how many. Thrown: `BadNotesFile`, the file system's errors, `CustomersUnavailable`. */
export async function readNotes(file: string, notes: Pick<NoteStore, 'save'>): Promise<number> {
  const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity });
  let count = 0;
  for await (const line of lines) {
    await notes.save(noteIn(file, count + 1, line));
    count += 1;
  }
  return count;
}

function noteIn(file: string, line: number, text: string): Note {
  try {
    const parsed = noteLine.safeParse(JSON.parse(text));
    if (!parsed.success) throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
    refuseUnstorableNote(parsed.data);
    return parsed.data;
  } catch (error) {
    throw new BadNotesFile(file, line, error instanceof Error ? error.message : String(error));
  }
}
