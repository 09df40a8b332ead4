import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { CustomerStore } from './customer-store.js';
import type { Customer } from './customer.js';

/** A store that remembers how far an import is; any other change of its customers makes it forget. */
export interface ImportMarks {
  importMark(): Promise<string | null>;
  /** As `save`; sets the mark when they are saved. */
  saveMarked(customers: readonly Customer[], mark: string | null): Promise<void>;
}

/** Where an import begins in earnest, and how it remembers how far it is: by the number of rows taken of these very files. */
export class Resumption {
  private constructor(
    private readonly store: Pick<CustomerStore, 'save'> & Partial<ImportMarks>,
    /** Null when they can't be told from others: then the import begins at their beginning. */
    private readonly files: string | null,
    /** How many rows of the files an import that was broken off has saved. */
    readonly savedBefore: number,
  ) {}

  static async of(store: Pick<CustomerStore, 'save'> & Partial<ImportMarks>, files: readonly string[]): Promise<Resumption> {
    if (!store.importMark) return new Resumption(store, null, 0);
    const digest = await digestOf(files);
    if (digest === null) return new Resumption(store, null, 0);
    const mark = /^(\w+) (\d+)$/.exec((await store.importMark()) ?? '');
    return new Resumption(store, digest, mark?.[1] === digest ? Number(mark[2]) : 0);
  }

  /** Saves customers; `taken` is how many rows are saved with them, null when that is all. */
  async save(customers: readonly Customer[], taken: number | null): Promise<void> {
    const mark = taken === null || this.files === null ? null : `${this.files} ${taken}`;
    if (this.store.saveMarked) await this.store.saveMarked(customers, mark);
    else if (customers.length > 0) await this.store.save(customers);
  }
}

/** Of what is in the files, in their order; one that can't be read counts as such. Null when one is no file but, say, a pipe, which can be read only once. */
async function digestOf(files: readonly string[]): Promise<string | null> {
  const whole = createHash('sha256');
  for (const file of files) {
    try {
      if (!(await stat(file)).isFile()) return null;
      const one = createHash('sha256');
      for await (const bytes of createReadStream(file) as AsyncIterable<Buffer>) one.update(bytes);
      whole.update(one.digest());
    } catch {
      whole.update('cannot be read');
    }
  }
  return whole.digest('hex');
}
