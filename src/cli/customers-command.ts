import type { Command } from 'commander';
import { writeCustomersCsv } from '../customers/csv-export.js';
import type { CustomerStore } from '../customers/customer-store.js';
import { STORED_COLUMNS, type Customer } from '../customers/customer.js';
import { generateCustomers } from '../customers/generate-customers.js';
import type { CommandStore, CustomersCommandDeps } from './customers-command-deps.js';
import { IMPORT_HELP, importFiles } from './customers-import.js';
import { startProgress, type Progress } from './customers-progress.js';
import { integerFrom } from './number-option.js';

const HELP = `
Examples:
  vigia customers generate --count 1000 --seed 7
  vigia customers generate --csv customers.csv
  vigia customers import customers-*.csv
  vigia customers show 42959
  vigia customers erase 42959
  vigia customers export customers.csv`;

const ERASE_HELP = `
What operators wrote about the sensor goes with the customer. The sensor's alarms stay, since events hold no personal data;
from then on they are of an unknown customer. E-mails that
were sent are not called back, and those in a mailbox folder are left there. A CSV file that is imported again brings the customer back.`;

const MAX_COUNT = 10_000_000;

/** Adds `vigia customers generate | import | export | show | erase`. */
export function addCustomersCommand(program: Command, deps: CustomersCommandDeps): void {
  const customers = program.command('customers').description('make, import, export, show and erase customers').addHelpText('after', HELP);

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

  customers
    .command('export')
    .description('write all customers to a file, in the form that import takes; of a data folder only while no process works on it')
    .argument('<file>', 'CSV file')
    .action((file: string) => deps.withAll((store) => exportTo(store, file, deps)));

  customers
    .command('erase')
    .description('remove all that the customer store has of a customer, notes about the sensor too; exit code 1 when there was nothing')
    .argument('<id>', 'the sensor id', integerFrom(0, 2_147_483_647))
    .addHelpText('after', ERASE_HELP)
    .action((id: number) => deps.withStore((store) => erase(store, id, deps)));
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

async function exportTo(store: Pick<CustomerStore, 'all'>, file: string, { stdout }: CustomersCommandDeps): Promise<void> {
  stdout.write(`wrote ${await writeCustomersCsv(file, store.all())} customers to ${file}\n`);
}

async function erase(store: CommandStore, id: number, { stdout, stderr, fail }: CustomersCommandDeps): Promise<void> {
  if (await store.erase(id)) stdout.write(`erased customer ${id}\n`);
  else {
    stderr.write(`no customer has id ${id}\n`);
    fail();
  }
}

/** A text with control characters, which could steer a terminal, is printed as JSON. */
function printable(text: string): string {
  return /\p{Cc}/u.test(text) ? JSON.stringify(text).replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`) : text;
}
