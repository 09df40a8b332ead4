import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readCsv } from './csv-records.js';
import { customerOf, readHeader, type RowLayout, type RowProblem } from './customer-row.js';
import type { CustomerStore } from './customer-store.js';
import type { Customer } from './customer.js';
import { Resumption, type ImportMarks } from './import-resumption.js';

/**
 * `file`: it can't be read, or not to its end; `row`: skipped; `duplicate`: a warning, the id came before and this row replaced it.
 * `line` is where the row begins, from 1; null when it is about the file. `column` is null when it is about the whole row.
 */
export interface ImportProblem {
  readonly kind: 'file' | 'row' | 'duplicate';
  readonly file: string;
  readonly line: number | null;
  readonly column: string | null;
  readonly reason: string;
}

export interface ImportResult {
  /** Files read to their end. */
  readonly files: number;
  /** Files not read, or not to their end; the rows before are imported. */
  readonly unreadable: number;
  /** Customers stored; rows = imported + replaced + skipped. */
  readonly imported: number;
  /** Rows that a later row of the same id replaced. */
  readonly replaced: number;
  readonly skipped: number;
  /** Rows, of those imported and replaced, that an earlier call which was broken off had saved. */
  readonly resumed: number;
  /** At most 1,000 of each kind, in the order in which they were met. */
  readonly problems: readonly ImportProblem[];
  readonly problemCount: number;
}

export interface ImportProgress {
  readonly file: string;
  readonly bytesRead: number;
  /** Of all files. */
  readonly totalBytes: number;
}

const MAX_PROBLEMS_OF_A_KIND = 1000;

/** Rows per save. */
const CHUNK = 1000;

/**
 * Imports CSV files in the source's form: a header row, the 19 columns in any order, UTF-8.
 *
 * Bad rows and unreadable files are reported and passed over; the same files again give the same customers.
 * In a store with marks an import that was broken off, even by kill -9, goes on when the same files are imported again: all of them
 * are read and checked, and what had been saved is not saved again. Thrown: `CustomersUnavailable`, after which it can be made again.
 */
export async function importCustomers(
  store: Pick<CustomerStore, 'save'> & Partial<ImportMarks>,
  files: readonly string[],
  options: { readonly onProgress?: (progress: ImportProgress) => void } = {},
): Promise<ImportResult> {
  const counts = { files: 0, unreadable: 0, imported: 0, replaced: 0, skipped: 0 };
  const report = new ProblemReport();
  const seen = new IdSet();
  const totalBytes = await sizeOf(files);
  let bytesRead = 0;
  let chunk = new Map<number, Customer>();
  const resumption = await Resumption.of(store, files);
  let taken = 0;

  const saveChunk = async (isLast: boolean) => {
    await resumption.save([...chunk.values()], isLast ? null : taken);
    chunk = new Map();
  };

  for (const file of files) {
    const skip = (line: number, problems: readonly RowProblem[]) => {
      counts.skipped += 1;
      for (const problem of problems) report.add({ kind: 'row', file, line, ...problem });
    };
    const take = (line: number, customer: Customer) => {
      if (seen.add(customer.id)) counts.imported += 1;
      else {
        counts.replaced += 1;
        report.add({ kind: 'duplicate', file, line, column: 'id', reason: `${customer.id} came before in this import; this row replaces that one` });
      }
      taken += 1;
      if (taken > resumption.savedBefore) chunk.set(customer.id, customer);
    };

    let layout: RowLayout | null = null;
    const bytes = readingOf(file, (count) => {
      bytesRead += count;
      options.onProgress?.({ file, bytesRead, totalBytes });
    });
    try {
      for await (const items of wrapReadErrors(readCsv(bytes))) {
        for (const item of items) {
          if (item.type === 'bad') {
            if (!layout) throw new UnreadableFile(item.reason, item.line);
            skip(item.line, [{ column: null, reason: item.reason }]);
          } else if (!layout) {
            const header = readHeader(item.fields);
            if ('reason' in header) throw new UnreadableFile(header.reason, item.line);
            layout = header;
          } else {
            const made = customerOf(layout, item.fields);
            if ('id' in made) take(item.line, made);
            else skip(item.line, withExtent(made, item));
          }
        }
        if (chunk.size >= CHUNK) await saveChunk(false);
        await nextTurn();
      }
      if (!layout) throw new UnreadableFile('is empty, expected a header row', null);
      counts.files += 1;
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      counts.unreadable += 1;
      report.add({ kind: 'file', file, line: error.line, column: null, reason: error.message });
    }
  }
  await saveChunk(true);
  return { ...counts, resumed: resumption.savedBefore, problems: report.problems, problemCount: report.count };
}

/** A row over several lines may be there because of a stray quotation mark, so its end is told. */
function withExtent(problems: readonly RowProblem[], row: { readonly line: number; readonly lastLine: number }): readonly RowProblem[] {
  if (row.line === row.lastLine) return problems;
  return problems.map(({ column, reason }) => ({ column, reason: `${reason} (the row goes on to line ${row.lastLine})` }));
}

class UnreadableFile extends Error {
  constructor(
    reason: string,
    readonly line: number | null,
  ) {
    super(reason);
    this.name = 'UnreadableFile';
  }
}

async function* readingOf(file: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    yield chunk;
    onRead(chunk.length);
  }
}

/** Only the reading of the file is inside, so that a failing store is not taken for a bad file. */
async function* wrapReadErrors<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      let next: IteratorResult<T>;
      try {
        next = await iterator.next();
      } catch (error) {
        throw new UnreadableFile(`cannot be read: ${error instanceof Error ? error.message : String(error)}`, null);
      }
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

async function sizeOf(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map((file) => stat(file).then((stats) => stats.size, () => 0)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

class ProblemReport {
  readonly problems: ImportProblem[] = [];
  count = 0;
  private readonly kept = { file: 0, row: 0, duplicate: 0 };

  add(problem: ImportProblem): void {
    this.count += 1;
    if (this.kept[problem.kind]++ < MAX_PROBLEMS_OF_A_KIND) this.problems.push(problem);
  }
}

/** Ids from 0 to 2³¹−1, one bit each in pages of 8 kB: at most 256 MB, 16 kB for 50,000 that follow each other. */
class IdSet {
  private readonly pages = new Map<number, Uint8Array>();

  /** False when it was there already. */
  add(id: number): boolean {
    const pageNumber = id >>> 16;
    let page = this.pages.get(pageNumber);
    if (!page) this.pages.set(pageNumber, (page = new Uint8Array(8192)));
    const at = (id & 0xffff) >>> 3;
    const bit = 1 << (id & 7);
    const isNew = ((page[at] as number) & bit) === 0;
    page[at] = (page[at] as number) | bit;
    return isNew;
  }
}
