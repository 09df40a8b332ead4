import type { Command } from 'commander';
import type { Progress } from '../ingestion/reconcile.js';
import { countRecords, describeRemainder, type LogRemainder } from '../ingestion/undrained.js';

/** The embedded message log of a data folder, for the time of one command. */
export interface CommandLog {
  remainder(): Promise<LogRemainder>;
  /** Processes all that the log holds, while nothing comes in and no mail goes out. */
  drain(onProgress: Progress): Promise<void>;
}

export interface LogCommandDeps {
  readonly withLog: (use: (log: CommandLog) => Promise<void>) => Promise<void>;
  readonly stdout: NodeJS.WritableStream;
  readonly showProgress: (title: string) => { onProgress: Progress; end: () => void };
  /** Makes the process end with code 1 when it ends. */
  readonly fail: () => void;
}

const HELP = `
The log is the embedded one in the data folder, VIGIA_DATA_DIR (./data), also when KAFKA_BROKERS is set; its receipts
are in the event store of the configuration. The folder must not be in use: stop the application first.

Exit code: 0 when nothing is left: every accepted record was processed, and every dead letter replayed or dropped;
else 1.`;

/** Adds `vigia log status | drain`. */
export function addLogCommand(program: Command, deps: LogCommandDeps): void {
  const log = program.command('log').description('leave the embedded message log, with nothing left behind in it');
  log
    .command('status')
    .description('say what is left in it: records not processed, and open dead letters')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((flags: JsonFlag) => deps.withLog(async (opened) => tell(await opened.remainder(), flags, deps)));
  log
    .command('drain')
    .description('process what is left; no reading is taken and no e-mail sent meanwhile')
    .option('--json', 'print what is left then as JSON')
    .addHelpText('after', HELP)
    .action((flags: JsonFlag) =>
      deps.withLog(async (opened) => {
        const { onProgress, end } = deps.showProgress('draining');
        await opened.drain(onProgress).finally(end);
        tell(await opened.remainder(), flags, deps);
      }),
    );
}

interface JsonFlag {
  readonly json?: true;
}

function tell(remainder: LogRemainder, { json }: JsonFlag, { stdout, fail }: LogCommandDeps): void {
  const left = describeRemainder(remainder);
  if (json) stdout.write(`${JSON.stringify({ records: countRecords(remainder.partitions), ...remainder })}\n`);
  else stdout.write(left === null ? 'nothing is left in the embedded message log\n' : `left in the embedded message log: ${left}\n`);
  if (left !== null) fail();
}
