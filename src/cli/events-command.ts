import type { Command } from 'commander';
import { once } from 'node:events';
import type { Clock } from '../clock.js';
import type { EventStore } from '../event-store/event-store.js';
import type { Progress } from '../ingestion/reconcile.js';
import { ExportFile, nothingBegun, type ExportTarget } from '../moving/export-file.js';
import { exportEvents } from '../moving/export-events.js';
import { checkExport, importEvents } from '../moving/import-events.js';

/** The event store of the configuration, for the time of one command. */
export interface CommandEventStore {
  readonly store: EventStore;
  /** See `ImportOptions`. */
  readonly appendsAtATime: number;
}

export interface EventsCommandDeps {
  /** Opens the store for this process alone, as far as that can be known; `read`: it must be there already. */
  readonly withEventStore: (how: 'read' | 'write', use: (opened: CommandEventStore) => Promise<void>) => Promise<void>;
  readonly clock: Clock;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly showProgress: (title: string) => { onProgress: Progress; end: () => void };
}

const STORE_HELP = `
The event store is that of EVENTSTORE_URL, else the one in the data folder, VIGIA_DATA_DIR (./data). An embedded
one must not be in use: stop the application first.`;

const EXPORT_HELP = `${STORE_HELP}
From EventStoreDB an export may run beside the application; what is stored meanwhile is taken by the next run,
so let the last one run when the application is stopped.

The file has a line of JSON for each event, in the order of all, each with a checksum. Not in it are what belongs
to one store: checkpoints, leases, and the store's identity. When FILE holds an export of this store, interrupted
or complete, it goes on from its end. Without FILE the events are written to standard output.

Refused, by name: a stream that has lost events ($tb, $maxCount, $maxAge, a deletion), since it could not be the same
in another store; an event that is not JSON; a FILE that is something else, or corrupt, which is left as it is.

Exit code: 0 when the export is complete, else 1.

Example:
  vigia events export events.jsonl`;

const IMPORT_HELP = `${STORE_HELP}
Nothing may work on EventStoreDB meanwhile, either.

FILE is read to its end before anything is stored; a line that is cut, corrupt, missing or doubled is named by
file and line. The store must hold no events, or the first ones of FILE: an interrupted import is gone on with by
the same command. In the end all events are compared, in their order.

The read models are built anew at the next start. No e-mail is sent again, and no alarm comes to COUNT twice.

Exit code: 0 when the store has exactly the events of FILE, else 1.

Example:
  EVENTSTORE_URL=esdb://user:password@host:2113 vigia events import events.jsonl`;

/** Adds `vigia events export | import`. */
export function addEventsCommand(program: Command, deps: EventsCommandDeps): void {
  const events = program.command('events').description('move all events from one event store to another');
  events
    .command('export')
    .description('write all events to a file, or go on with it')
    .argument('[file]', 'the file, JSON lines; standard output when it is left out')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', EXPORT_HELP)
    .action((file: string | undefined, flags: JsonFlag) => (file === undefined ? exportToStdout(flags, deps) : exportToFile(file, flags, deps)));
  events
    .command('import')
    .description('store the events of an export in an event store that has no others')
    .argument('<file>', 'the file that export wrote')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', IMPORT_HELP)
    .action((file: string, flags: JsonFlag) => importFile(file, flags, deps));
}

interface JsonFlag {
  readonly json?: true;
}

async function exportToFile(file: string, flags: JsonFlag, deps: EventsCommandDeps): Promise<void> {
  await deps.withEventStore('read', async ({ store }) => {
    const target = await ExportFile.open(file);
    const { events, added } = await exportTo(target, store, deps).finally(() => target.close());
    tell(deps.stdout, flags, { file, events, added }, `${file} has ${countOf(events)}, ${added} of them new`);
  });
}

async function exportToStdout(flags: JsonFlag, deps: EventsCommandDeps): Promise<void> {
  await deps.withEventStore('read', async ({ store }) => {
    const write = async (lines: string): Promise<void> => {
      if (!deps.stdout.write(lines)) await once(deps.stdout, 'drain');
    };
    const { events, added } = await exportTo({ name: 'standard output', begun: nothingBegun(), write }, store, deps);
    tell(deps.stderr, flags, { events, added }, `wrote ${countOf(events)}`);
  });
}

async function exportTo(target: ExportTarget, store: EventStore, deps: EventsCommandDeps) {
  const { onProgress, end } = deps.showProgress('exporting');
  return exportEvents(store, target, onProgress).finally(end);
}

async function importFile(file: string, flags: JsonFlag, deps: EventsCommandDeps): Promise<void> {
  const { onProgress, end } = deps.showProgress('importing');
  try {
    // A file that is of no use must not leave an empty event store behind.
    const checked = await checkExport(file, onProgress);
    await deps.withEventStore('write', async ({ store, appendsAtATime }) => {
      const { events, stored } = await importEvents(checked, store, { clock: deps.clock, appendsAtATime, onProgress });
      end();
      tell(deps.stdout, flags, { file, events, stored }, `the event store has the ${countOf(events)} of ${file}, ${stored} of them new`);
    });
  } finally {
    end();
  }
}

function tell(stream: NodeJS.WritableStream, { json }: JsonFlag, result: object, text: string): void {
  stream.write(`${json ? JSON.stringify(result) : text}\n`);
}

function countOf(events: number): string {
  return `${events} event${events === 1 ? '' : 's'}`;
}
