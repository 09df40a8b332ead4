#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { Accounts } from '../access/accounts.js';
import { systemClock } from '../clock.js';
import { readConfig } from '../config.js';
import { BadNotesFile } from '../customers/notes-file.js';
import { failureText } from '../failure-text.js';
import { ExportRefused } from '../moving/export-events.js';
import { ImportRefused } from '../moving/import-events.js';
import { BackupRefused } from '../moving/backup-manifest.js';
import { BadExportFile, ExportFileUnusable } from '../moving/read-export-file.js';
import { ApiProblem } from './api-client.js';
import { addBackupCommands } from './backup-command.js';
import { addCustomersCommand } from './customers-command.js';
import { addEventsCommand } from './events-command.js';
import { addLogCommand } from './log-command.js';
import { addNotesCommand } from './notes-command.js';
import { addOperationsCommands } from './operations-commands.js';
import { showProgress } from './progress-bar.js';
import { addSimulateCommand } from './simulate-command.js';
import { NoPassword } from './read-password.js';
import { addUsersCommand, UserRefused } from './users-command.js';
import { NoConsole } from './with-api.js';
import { backUpDataDir, restoreDataDir } from './with-backup.js';
import { NoCustomers, withAllCustomers, withCustomers } from './with-customers.js';
import { NoEventStore, withEventStore } from './with-event-store.js';
import { NoMessageLog, withLog } from './with-log.js';

// A reader that has seen enough, such as `head`, closes the pipe: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

/** Errors of commands that someone can put right, beside those of the application. */
const PLAIN = [ApiProblem, NoConsole, NoCustomers, NoEventStore, NoMessageLog, BadNotesFile, ExportRefused, ImportRefused, BadExportFile, ExportFileUnusable, BackupRefused, NoPassword, UserRefused];

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

const program = new Command('vigia')
  .description('Vigía, the alarm centre, from the command line.')
  .version(version)
  .showHelpAfterError()
  .addHelpText(
    'after',
    '\nThe data folder is VIGIA_DATA_DIR (./data). While a process works on it, commands reach it through its API,\nbut for events, log, notes, restore and customers export, which need it for themselves; backup reads beside it.\nnpm start starts the alarm centre itself.',
  );

const fail = (): void => {
  process.exitCode = 1;
};

addSimulateCommand(program);
addCustomersCommand(program, {
  withStore: withCustomers,
  withAll: withAllCustomers,
  clock: systemClock,
  stdout: process.stdout,
  stderr: process.stderr,
  fail,
});
addNotesCommand(program, { withNotes: (use) => withAllCustomers((store) => use(store.notes)), stdout: process.stdout });
addOperationsCommands(program);
addEventsCommand(program, { withEventStore, clock: systemClock, stdout: process.stdout, stderr: process.stderr, showProgress });
addBackupCommands(program, { backUp: backUpDataDir, restore: restoreDataDir, stdout: process.stdout, showProgress });
addLogCommand(program, { withLog, stdout: process.stdout, showProgress, fail });
addUsersCommand(program, { accounts: () => new Accounts(readConfig(process.env).usersFile), stdin: process.stdin, stdout: process.stdout, stderr: process.stderr });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`vigia: ${failureText(error, PLAIN)}\n`);
  process.exitCode = 1;
}
