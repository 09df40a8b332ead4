import { mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { PassThrough } from 'node:stream';
import { LibsqlCustomerStore } from '../customers/libsql-customer-store.js';
import type { Note } from '../customers/note-store.js';
import { addNotesCommand } from './notes-command.js';

const eventId = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
const NOTES: Note[] = Array.from({ length: 60 }, (_, index) => ({ sensorId: index % 5, eventId: eventId(index), text: `note ${index} "\n\u2028" 👩‍👧` }));

let dir: string;
let out: PassThrough;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vigia-notes-'));
  out = new PassThrough();
});

async function withStore<T>(name: string, use: (store: LibsqlCustomerStore) => Promise<T>): Promise<T> {
  const folder = join(dir, name);
  mkdirSync(folder, { recursive: true });
  const store = await LibsqlCustomerStore.open(folder);
  return use(store).finally(() => store.close());
}

async function vigia(folder: string, ...args: string[]): Promise<string> {
  const program = new Command().exitOverride();
  addNotesCommand(program, { withNotes: (use) => withStore(folder, (store) => use(store.notes)), stdout: out });
  await program.parseAsync(['notes', ...args], { from: 'user' });
  return String(out.read());
}

const sorted = (notes: readonly Note[]) => [...notes].sort((a, b) => a.eventId.localeCompare(b.eventId));
async function allIn(folder: string): Promise<Note[]> {
  return withStore(folder, async (store) => {
    const notes: Note[] = [];
    for await (const page of store.notes.all()) notes.push(...page);
    return sorted(notes);
  });
}

it('moves all notes to another store, each once, also when it is done twice', async () => {
  await withStore('a', async (store) => void (await Promise.all(NOTES.map((note) => store.notes.save(note)))));
  const file = join(dir, 'notes.jsonl');
  expect(await vigia('a', 'export', file)).toBe(`wrote 60 notes to ${file}\n`);
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(await vigia('b', 'import', file)).toBe(`stored 60 notes of ${file}\n`);
  await vigia('b', 'import', file);
  expect(await allIn('b')).toEqual(sorted(NOTES));
});

it.each([
  ['no JSON', 'nonsense'],
  ['another shape', '{"sensorId":1,"text":"x"}'],
  ['a text that can’t be stored', JSON.stringify({ sensorId: 1, eventId: eventId(1), text: 'NUL \0' })],
])('names the line that is no note: %s', async (_what, line) => {
  const file = join(dir, 'bad.jsonl');
  writeFileSync(file, `${JSON.stringify(NOTES[0])}\n${line}\n`);
  await expect(vigia('a', 'import', file)).rejects.toThrow(`${file}:2: `);
  expect(await allIn('a')).toEqual([NOTES[0]]);
});
