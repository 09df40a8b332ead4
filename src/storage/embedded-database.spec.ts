import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EmbeddedDatabase } from './embedded-database.js';
import { DatabaseUnusable } from './libsql-connection.js';

const schema = 'CREATE TABLE IF NOT EXISTS things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, body BLOB)';

function newFile(): string {
  return join(mkdtempSync(join(tmpdir(), 'vigia-db-')), 'things.db');
}

describe('EmbeddedDatabase', () => {
  it('keeps what a resolved write stored, after it is opened again', async () => {
    const file = newFile();
    const first = await EmbeddedDatabase.open(file, schema);
    const insert = await first.writeStatement('INSERT INTO things (name, body) VALUES (?, ?)');
    await first.write(() => insert.run('a', Buffer.from([0, 1, 255])));
    await first.close();
    const second = await EmbeddedDatabase.open(file, schema);
    const row = second.get<{ name: string; body: ArrayBuffer }>('SELECT name, body FROM things');
    expect(row?.name).toBe('a');
    expect([...new Uint8Array(row!.body)]).toEqual([0, 1, 255]);
    expect(Object.keys(row!)).toEqual(['name', 'body']);
    await second.close();
  });

  it('undoes a write that throws, and only that one, among writes that share a commit', async () => {
    const db = await EmbeddedDatabase.open(newFile(), schema);
    const insert = await db.writeStatement('INSERT INTO things (name) VALUES (?)');
    const results = await Promise.allSettled([
      db.write(() => insert.run('kept 1')),
      db.write(() => {
        insert.run('undone');
        throw new Error('no');
      }),
      db.write(() => {
        insert.run('also undone');
        insert.run('kept 1');
      }),
      db.write(() => insert.run('kept 2')),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(db.all('SELECT name FROM things ORDER BY id')).toEqual([{ name: 'kept 1' }, { name: 'kept 2' }]);
    await db.close();
  });

  it('lets a later write of the same group see an earlier one, and a reader only what is committed', async () => {
    const db = await EmbeddedDatabase.open(newFile(), schema);
    const insert = await db.writeStatement('INSERT INTO things (name) VALUES (?)');
    const count = await db.writeStatement('SELECT count(*) AS n FROM things');
    let seenByReader = -1;
    const [, seen] = await Promise.all([
      db.write(() => insert.run('a')),
      db.write(() => {
        seenByReader = db.all('SELECT * FROM things').length;
        return Number(count.get()?.['n']);
      }),
    ]);
    expect(seen).toBe(1);
    expect(seenByReader).toBe(0);
    expect(db.all('SELECT * FROM things')).toHaveLength(1);
    // A read statement that stayed open would still show the old snapshot.
    await db.write(() => insert.run('b'));
    expect(await db.write(() => Number(count.get()?.['n']))).toBe(2);
    expect(db.all('SELECT * FROM things')).toHaveLength(2);
    await db.close();
  });

  it.each([
    ['commits', 2],
    ['checkpoints', 1],
  ] as const)('waits for the disk at %s', async (syncedAt, synchronous) => {
    const db = await EmbeddedDatabase.open(newFile(), schema, syncedAt);
    const pragma = await db.writeStatement('PRAGMA synchronous');
    expect(await db.write(() => pragma.get()?.['synchronous'])).toBe(synchronous);
    await db.close();
  });

  it('defines tables between two transactions, so that what is undone takes none with it', async () => {
    const db = await EmbeddedDatabase.open(newFile(), schema);
    let isWriting = true;
    const writing = (async () => {
      while (isWriting) await db.write(() => { throw new Error('undone'); }).catch(() => undefined);
    })();
    const names = Array.from({ length: 30 }, (_, index) => `table_${index}`);
    for (const name of names) {
      await db.define(`CREATE TABLE ${name} (id INTEGER)`);
      await nextTurn();
    }
    isWriting = false;
    await writing;
    expect(db.all<{ name: string }>("SELECT name FROM sqlite_master WHERE name LIKE 'table_%'").map(({ name }) => name).sort()).toEqual([...names].sort());
    await expect(db.define('CREATE NONSENSE')).rejects.toThrow('syntax error');
    await db.close();
    await expect(db.define('CREATE TABLE late (id INTEGER)')).rejects.toThrow('is closed');
  });

  it('tells that something was undone, of all of a transaction and of one write alone', async () => {
    const db = await EmbeddedDatabase.open(newFile(), schema);
    const insert = await db.writeStatement('INSERT INTO things (name) VALUES (?)');
    const seen: number[] = [];
    const [kept, refused] = await Promise.allSettled([
      db.write(() => void (seen.push(db.undone), insert.run('a'))),
      db.write(() => { throw new Error('not wanted'); }),
      db.write(() => void seen.push(db.undone)),
    ]);
    expect([kept?.status, refused?.status]).toEqual(['fulfilled', 'rejected']);
    // Of the first attempt, which the second write ended; then again, before and after that write was undone alone.
    expect(seen).toEqual([0, 1, 2]);
    await db.close();
  });

  it('lets other work have its turn within a large transaction', async () => {
    const db = await EmbeddedDatabase.open(newFile(), schema);
    const insert = await db.writeStatement('INSERT INTO things (name) VALUES (?)');
    let turns = 0;
    const count = (): void => {
      turns += 1;
      counting = setImmediate(count);
    };
    let counting = setImmediate(count);
    const turnsAt: number[] = [];
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => db.write(() => {
      turnsAt.push(turns);
      insert.run(`thing ${index}`);
    })));
    clearImmediate(counting);
    expect(turnsAt.at(-1)! - turnsAt[0]!).toBeGreaterThanOrEqual(3);
    expect(new Set(turnsAt).size).toBeLessThan(10);
    await db.close();
  });

  it('keeps no large log, and sorts on the disk', async () => {
    const db = await EmbeddedDatabase.open(newFile(), schema);
    const set = async (name: string): Promise<unknown> => {
      const pragma = await db.writeStatement(`PRAGMA ${name}`);
      return Object.values((await db.write(() => pragma.get())) ?? {})[0];
    };
    expect([await set('journal_size_limit'), await set('temp_store')]).toEqual([33_554_432, 1]);
    await db.close();
  });

  it('gives back to the disk what a large transaction has made of its log', async () => {
    const file = newFile();
    const db = await EmbeddedDatabase.open(file, schema);
    const insert = await db.writeStatement('INSERT INTO things (name, body) VALUES (?, ?)');
    const add = (from: number, count: number) =>
      db.write(() => {
        for (let index = from; index < from + count; index += 1) insert.run(`thing ${index}`, Buffer.alloc(1_000_000, index));
      });
    await add(0, 50);
    expect(statSync(`${file}-wal`).size).toBeGreaterThan(50_000_000);
    await add(50, 1);
    expect(statSync(`${file}-wal`).size).toBeLessThanOrEqual(33_554_432);
    await db.close();
  });

  it('names a file that is no database', async () => {
    const file = newFile();
    writeFileSync(file, 'not a database, but long enough to be looked at as the header of one.'.repeat(20));
    await expect(EmbeddedDatabase.open(file, schema)).rejects.toThrow(file);
  });

  it('names a file of which a page is damaged, and what is wrong with it', async () => {
    const file = newFile();
    const db = await EmbeddedDatabase.open(file, schema);
    const insert = await db.writeStatement('INSERT INTO things (name, body) VALUES (?, ?)');
    await db.write(() => {
      for (let index = 0; index < 1000; index += 1) insert.run(`thing ${index}`, Buffer.alloc(100, index));
    });
    await db.define('PRAGMA wal_checkpoint(TRUNCATE)');
    await db.close();
    const bytes = readFileSync(file);
    bytes.fill(0x55, 5 * 4096, 6 * 4096);
    writeFileSync(file, bytes);
    const refusal = EmbeddedDatabase.open(file, schema);
    await expect(refusal).rejects.toThrow(DatabaseUnusable);
    await expect(refusal).rejects.toThrow(new RegExp(`^cannot open database ${file}: it is damaged \\(.+\\); bring back a backup`));
  });
});
