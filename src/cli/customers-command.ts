import { SingleBar } from 'cli-progress';
import { InvalidArgumentError, type Command } from 'commander';
import type { Clock } from '../clock.js';
import { importCustomers, type ImportProblem, type ImportResult } from '../customers/csv-import.js';
import { writeCustomersCsv } from '../customers/csv-export.js';
import type { CustomerStore } from '../customers/customer-store.js';
import { STORED_COLUMNS, type Customer } from '../customers/customer.js';
import { generateCustomers } from '../customers/generate-customers.js';

/** The part of the customer store that the commands need. */
export type CommandStore = Pick<CustomerStore, 'find' | 'save' | 'count'>;

export interface CustomersCommandDeps {
  /** Opens the customer store, or reaches it through the running process, for the time of `use`. */
  readonly withStore: (use: (store: CommandStore) => Promise<void>) => Promise<void>;
  readonly clock: Clock;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Makes the process end with code 1 when it ends. */
  readonly fail: () => void;
}

const HELP = `
Examples:
  vigia customers generate --count 1000 --seed 7
  vigia customers generate --csv customers.csv
  vigia customers import customers-*.csv
  vigia customers show 42959`;

const IMPORT_HELP = `
A file has a header row and, in any order, the columns id, name, surname, gender, nationalid, birthday,
streetaddress, city, zipcode, country, telephonecountrycode, telephonenumber, latitude, longitude,
emailaddress, title, occupation, company, username; separated by commas, quoted as RFC 4180 has it, in UTF-8.
id, name, latitude and longitude must not be empty; the id is the sensor id. Geohash and zone are computed.

Rows with errors are named on standard error, by file, line and column, and skipped. Of rows with the same
id the last one counts. To import the same files again changes nothing.

Exit code: 0 when every file was read to its end, even if rows were skipped; 1 when one was not.`;

const MAX_COUNT = 10_000_000;

/** Adds `vigia customers generate | import | show`. */
export function addCustomersCommand(program: Command, deps: CustomersCommandDeps): void {
  const customers = program.command('customers').description('make, import and show customers').addHelpText('after', HELP);

  customers
    .command('generate')
    .description('store invented customers, the same ones for the same seed, at real towns in all ten zones')
    .option('--count <number>', 'how many, with ids from 1', integerFrom(0, MAX_COUNT), 50_000)
    .option('--seed <number>', 'decides who they are', integerFrom(0, 2 ** 32 - 1), 1)
    .option('--csv <file>', 'write them to this file, for import, and store nothing')
    .option('--replace', 'overwrite other customers that have the same ids')
    .action(async (flags: GenerateFlags, command: Command) => {
      if (flags.csv !== undefined) await generateCsv(flags, flags.csv, deps);
      else await deps.withStore((store) => generateInto(store, flags, deps, command));
    });

  customers
    .command('import')
    .description('store the customers of CSV files in the source\'s form')
    .argument('<file...>', 'CSV files')
    .option('--json', 'print the result as JSON, with the problems in it')
    .addHelpText('after', IMPORT_HELP)
    .action((files: string[], flags: { readonly json?: true }) => deps.withStore((store) => importFiles(store, files, flags, deps)));

  customers
    .command('show')
    .description('print all that is stored of a customer; exit code 1 when there is none')
    .argument('<id>', 'the sensor id', integerFrom(0, 2_147_483_647))
    .option('--json', 'as JSON')
    .action((id: number, flags: { readonly json?: true }) => deps.withStore((store) => show(store, id, flags, deps)));
}

interface GenerateFlags {
  readonly count: number;
  readonly seed: number;
  readonly csv?: string;
  readonly replace?: true;
}

async function generateCsv(flags: GenerateFlags, file: string, deps: CustomersCommandDeps): Promise<void> {
  const progress = startProgress('generating customers', flags.count, deps);
  try {
    const count = await writeCustomersCsv(file, counted(generateCustomers(flags), progress));
    progress.stop();
    deps.stdout.write(`wrote ${count} customers to ${file}\n`);
  } finally {
    progress.stop();
  }
}

/** Customers per save. */
const SAVE_CUSTOMERS = 500;

async function generateInto(store: CommandStore, flags: GenerateFlags, deps: CustomersCommandDeps, command: Command): Promise<void> {
  if (!flags.replace && (await holdsOthers(store, flags.seed))) {
    command.error('error: the store holds customers that this seed did not make; --replace overwrites those with the same ids');
  }
  const progress = startProgress('generating customers', flags.count, deps);
  try {
    let stored = 0;
    let chunk: Customer[] = [];
    const save = async () => {
      await store.save(chunk);
      stored += chunk.length;
      chunk = [];
    };
    for await (const block of counted(generateCustomers(flags), progress)) {
      chunk.push(...block);
      if (chunk.length >= SAVE_CUSTOMERS) await save();
    }
    if (chunk.length > 0) await save();
    progress.stop();
    deps.stdout.write(`stored ${stored} generated customers (seed ${flags.seed})\n`);
  } finally {
    progress.stop();
  }
}

/** Whether the store has customers and the first of them is not this seed's. */
async function holdsOthers(store: CommandStore, seed: number): Promise<boolean> {
  if ((await store.count()) === 0) return false;
  const first = await store.find(1);
  for await (const [generated] of generateCustomers({ count: 1, seed })) {
    return STORED_COLUMNS.some((column) => first?.[column] !== generated?.[column]);
  }
  return false;
}

async function* counted(blocks: AsyncIterable<readonly Customer[]>, progress: Progress): AsyncGenerator<readonly Customer[]> {
  let done = 0;
  for await (const block of blocks) {
    yield block;
    done += block.length;
    progress.update(done);
  }
}

async function importFiles(store: CommandStore, files: readonly string[], flags: { readonly json?: true }, deps: CustomersCommandDeps): Promise<void> {
  let progress: Progress | null = null;
  try {
    const result = await importCustomers(store, files, {
      onProgress: ({ bytesRead, totalBytes }) => {
        progress ??= startProgress('importing, bytes', totalBytes, deps);
        progress.update(bytesRead);
      },
    });
    stop(progress);
    if (flags.json) deps.stdout.write(`${JSON.stringify(result)}\n`);
    else {
      for (const problem of result.problems) deps.stderr.write(`${problemLine(problem)}\n`);
      const untold = result.problemCount - result.problems.length;
      if (untold > 0) deps.stderr.write(`and ${untold} more\n`);
      deps.stdout.write(`${importSummary(result)}\n`);
    }
    if (result.unreadable > 0) deps.fail();
  } finally {
    stop(progress);
  }
}

/** `error: a.csv:17: latitude: is "95", expected degrees from -90 to 90`. */
function problemLine({ kind, file, line, column, reason }: ImportProblem): string {
  const place = [file, line].filter((part) => part !== null).join(':');
  return `${kind === 'duplicate' ? 'warning' : 'error'}: ${place}: ${column === null ? '' : `${column}: `}${reason}`;
}

function importSummary({ files, unreadable, imported, replaced, skipped }: ImportResult): string {
  const parts = [`imported ${counts(imported, 'customer')} from ${counts(files + unreadable, 'file')}`];
  if (skipped > 0) parts.push(`skipped ${counts(skipped, 'row')} with errors`);
  if (replaced > 0) parts.push(`${counts(replaced, 'row')} gave way to a later row of the same id`);
  if (unreadable > 0) parts.push(`${counts(unreadable, 'file')} could not be read to the end`);
  return parts.join('; ');
}

function counts(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

async function show(store: CommandStore, id: number, flags: { readonly json?: true }, deps: CustomersCommandDeps): Promise<void> {
  const customer = await store.find(id);
  if (!customer) {
    deps.stderr.write(`no customer has id ${id}\n`);
    deps.fail();
  } else if (flags.json) {
    deps.stdout.write(`${JSON.stringify(customer)}\n`);
  } else {
    const width = Math.max(...STORED_COLUMNS.map((column) => column.length)) + 2;
    for (const column of STORED_COLUMNS) deps.stdout.write(`${column.padEnd(width)}${printable(String(customer[column]))}\n`);
  }
}

/** A text with control characters, which could steer a terminal, is printed as JSON. */
function printable(text: string): string {
  return /\p{Cc}/u.test(text) ? JSON.stringify(text).replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`) : text;
}

// ---- progress -----------------------------------------------------------------------------------

interface Progress {
  update(done: number): void;
  /** May be called again. */
  stop(): void;
}

/** Without a terminal, a line so often. */
const LINE_EVERY_MS = 3000;

/** A bar on a terminal, else a line every three seconds; on standard error, so that standard output stays clean. */
function startProgress(what: string, total: number, { stderr, clock }: CustomersCommandDeps): Progress {
  if (stderr.isTTY) {
    // With its own handler of Ctrl-C the bar would only stop itself, and the work would go on.
    const bar = new SingleBar({ stream: stderr, format: `${what} {bar} {percentage} % {value}/{total}, {eta_formatted} left`, gracefulExit: false });
    bar.start(total, 0);
    return { update: (done) => bar.update(done), stop: () => (bar.isActive ? bar.stop() : undefined) };
  }
  let toldAtMs = clock.now();
  return {
    update: (done) => {
      if (clock.now() - toldAtMs < LINE_EVERY_MS) return;
      toldAtMs = clock.now();
      stderr.write(`${what}: ${done} of ${total}\n`);
    },
    stop: () => undefined,
  };
}

function stop(progress: Progress | null): void {
  progress?.stop();
}

function integerFrom(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(value >= low && value <= high)) throw new InvalidArgumentError(`expected an integer from ${low} to ${high}.`);
    return value;
  };
}
