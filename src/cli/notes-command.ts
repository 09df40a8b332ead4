import type { Command } from 'commander';
import type { NoteStore } from '../customers/note-store.js';
import { readNotes, writeNotes } from '../customers/notes-file.js';

export interface NotesCommandDeps {
  /** Opens the store of the notes itself. */
  readonly withNotes: (use: (notes: NoteStore) => Promise<void>) => Promise<void>;
  readonly stdout: NodeJS.WritableStream;
}

const HELP = `
Notes are personal data, and no event holds any: \`vigia events export\` leaves them out, and \`vigia customers erase\` removes
those about the customer's sensor. The file is as personal as the store; remove it when it has been imported.

Examples:
  vigia notes export notes.jsonl
  CASSANDRA_CONTACT_POINTS=… vigia notes import notes.jsonl`;

/** Adds `vigia notes export | import`. */
export function addNotesCommand(program: Command, { withNotes, stdout }: NotesCommandDeps): void {
  const notes = program.command('notes').description('move what operators wrote about alarms and shelvings').addHelpText('after', HELP);
  notes
    .command('export')
    .description('write all notes to a file; of a data folder only while no process works on it')
    .argument('<file>', 'JSON lines')
    .action((file: string) => withNotes(async (store) => void stdout.write(`wrote ${await writeNotes(file, store)} notes to ${file}\n`)));
  notes
    .command('import')
    .description('store the notes of such a file; into a data folder only while no process works on it')
    .argument('<file>', 'JSON lines')
    .action((file: string) => withNotes(async (store) => void stdout.write(`stored ${await readNotes(file, store)} notes of ${file}\n`)));
}
