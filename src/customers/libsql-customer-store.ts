import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EmbeddedDatabase, type WriteStatement } from '../storage/embedded-database.js';
import type { SqlValue } from '../storage/libsql-connection.js';
import { CustomersUnavailable, refuseUnstorable, type CustomerStore } from './customer-store.js';
import { STORED_COLUMNS, type Customer, type SensorPlace } from './customer.js';
import { LibsqlNotes, NOTES_SCHEMA, notesStatements, type NotesStatements } from './libsql-notes.js';
import type { SetUpMarks } from './set-up-customers.js';

const [, ...OTHER_COLUMNS] = STORED_COLUMNS;

/** `customers_state` has one row: `changes` rises with each change, `identity` tells this file from a later one in its place. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS datosclientes (
  id INTEGER PRIMARY KEY,
  ${OTHER_COLUMNS.map((column) => `${column} ${column === 'latitude' || column === 'longitude' ? 'REAL' : 'TEXT'} NOT NULL`).join(',\n  ')}
);
CREATE TABLE IF NOT EXISTS customers_state (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  identity TEXT NOT NULL,
  changes INTEGER NOT NULL,
  set_up TEXT
);
INSERT OR IGNORE INTO customers_state VALUES (1, lower(hex(randomblob(8))), 0, NULL);
${NOTES_SCHEMA}`;

/** A row equal to the stored one counts as no change. */
const UPSERT = `
INSERT INTO datosclientes (${STORED_COLUMNS.join(', ')}) VALUES (${STORED_COLUMNS.map(() => '?').join(', ')})
ON CONFLICT (id) DO UPDATE SET ${OTHER_COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ')}
WHERE ${OTHER_COLUMNS.map((column) => `datosclientes.${column} IS NOT excluded.${column}`).join(' OR ')}`;

/** Rows per transaction: about 3 ms of the event loop. */
const SAVE_ROWS = 250;

/** Rows per page: about 5 ms of the event loop. */
const PAGE_ROWS = 1000;

/** Transactions that may wait; more means that the disk does not keep up (64 × 250 rows are some 8 MB). */
const MAX_WAITING = 64;

/** The customers in `<dir>/customers.db`. A save of more than 250 rows is durable when it resolves, but not all or nothing. */
export class LibsqlCustomerStore implements CustomerStore, SetUpMarks {
  readonly notes: LibsqlNotes;

  private constructor(
    private readonly database: EmbeddedDatabase,
    private readonly statements: { upsert: WriteStatement; erase: WriteStatement; notes: NotesStatements; changed: WriteStatement; markSetUp: WriteStatement },
  ) {
    this.notes = new LibsqlNotes(
      database,
      statements.notes,
      (query) => this.read(query),
      (work) => this.write(work),
    );
  }

  /** Opens or creates the file. Thrown: an error naming it when it is no sound database. */
  static async open(dir: string): Promise<LibsqlCustomerStore> {
    const database = await EmbeddedDatabase.open(join(dir, 'customers.db'), SCHEMA);
    return new LibsqlCustomerStore(database, {
      upsert: await database.writeStatement(UPSERT),
      erase: await database.writeStatement('DELETE FROM datosclientes WHERE id = ?'),
      notes: await notesStatements(database),
      changed: await database.writeStatement('UPDATE customers_state SET changes = changes + 1'),
      markSetUp: await database.writeStatement('UPDATE customers_state SET set_up = ?'),
    });
  }

  async find(id: number): Promise<Customer | null> {
    return this.read(() => this.database.get<Customer>(`SELECT ${STORED_COLUMNS.join(', ')} FROM datosclientes WHERE id = ?`, id)) ?? null;
  }

  async save(customers: readonly Customer[]): Promise<void> {
    refuseUnstorable(customers);
    for (let from = 0; from < customers.length; from += SAVE_ROWS) {
      const rows = customers.slice(from, from + SAVE_ROWS);
      await this.write(() => {
        let changes = 0;
        for (const row of rows) changes += this.statements.upsert.run(...valuesOf(row)).changes;
        if (changes > 0) this.statements.changed.run();
      });
    }
  }

  async count(): Promise<number> {
    return this.read(() => this.database.get<{ n: number }>('SELECT count(*) AS n FROM datosclientes')?.n ?? 0);
  }

  all(): AsyncGenerator<readonly Customer[]> {
    return this.pages<Customer>(STORED_COLUMNS.join(', '), ({ id }) => id);
  }

  places(): AsyncGenerator<readonly SensorPlace[]> {
    return this.pages<SensorPlace>('id AS sensorId, geohash, dashboard AS zone', ({ sensorId }) => sensorId);
  }

  async version(): Promise<string> {
    const state = this.read(() => this.database.get<{ identity: string; changes: number }>('SELECT identity, changes FROM customers_state'));
    return `${state?.identity}-${state?.changes}`;
  }

  async erase(id: number): Promise<boolean> {
    return this.write(() => {
      const hadNotes = this.statements.notes.eraseAll.run(id).changes > 0;
      const erased = this.statements.erase.run(id).changes > 0;
      if (erased) this.statements.changed.run();
      return erased || hadNotes;
    });
  }

  impairment(): null {
    return null;
  }

  async setUpMark(): Promise<string | null> {
    return this.read(() => this.database.get<{ mark: string | null }>('SELECT set_up AS mark FROM customers_state'))?.mark ?? null;
  }

  async markSetUp(mark: string): Promise<void> {
    await this.write(() => this.statements.markSetUp.run(mark));
  }

  close(): Promise<void> {
    return this.database.close();
  }

  private async *pages<T extends object>(columns: string, idOf: (row: T) => number): AsyncGenerator<readonly T[]> {
    const sql = `SELECT ${columns} FROM datosclientes WHERE id > ? ORDER BY id LIMIT ?`;
    for (let after = -1; ; ) {
      const page = this.read(() => this.database.all<T>(sql, after, PAGE_ROWS));
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      after = idOf(last);
      await nextTurn();
    }
  }

  private read<T>(query: () => T): T {
    try {
      return query();
    } catch (error) {
      throw new CustomersUnavailable(`cannot read ${this.database.file}: ${String(error)}`, { cause: error });
    }
  }

  private async write<T>(work: () => T): Promise<T> {
    if (this.database.waiting >= MAX_WAITING) {
      throw new CustomersUnavailable(`${MAX_WAITING} writes to ${this.database.file} are waiting already`);
    }
    try {
      return await this.database.write(work);
    } catch (error) {
      throw new CustomersUnavailable(`cannot write ${this.database.file}: ${String(error)}`, { cause: error });
    }
  }
}

function valuesOf(customer: Customer): SqlValue[] {
  return STORED_COLUMNS.map((column) => customer[column]);
}
