import type { Command } from 'commander';
import type { Progress } from '../ingestion/reconcile.js';
import type { BackupReport } from '../moving/backup.js';

export interface RestoreReport {
  readonly takenAt: string;
  readonly files: number;
  /** Records that the log had beyond the events, processed now. */
  readonly processed: number;
  /** E-mails that are owed still, and may have been sent after the backup. */
  readonly possiblySent: number;
}

export interface BackupCommandDeps {
  readonly backUp: (target: string, onProgress: Progress) => Promise<BackupReport>;
  readonly restore: (backup: string, onProgress: Progress) => Promise<RestoreReport>;
  readonly stdout: NodeJS.WritableStream;
  readonly showProgress: (title: string) => { onProgress: Progress; end: () => void };
}

const BACKUP_HELP = `
The data folder is VIGIA_DATA_DIR (./data). It may be in use: the application goes on as ever, nobody waits.

In FOLDER are then event-store.db, message-log.db, customers.db, mailbox/, users.json (unless VIGIA_USERS_FILE names another file)
and backup.json, the list of them with sizes and SHA-256. The read models are not: they are built from the events. FOLDER appears when the backup is complete and on the disk;
until then it is FOLDER.partial, which the next backup to FOLDER begins anew.

It holds customers' data, notes and accounts: keep it as you keep the data folder.

Refused: a FOLDER that exists, too little room, a data folder without events, and a configuration with KAFKA_BROKERS or
EVENTSTORE_URL, whose servers have backups of their own.

Exit code: 0 when the backup is complete, else 1.

Example:
  vigia backup /backups/vigia-2026-03-01`;

const RESTORE_HELP = `
Into the data folder VIGIA_DATA_DIR (./data), which must be new or empty. Each file is checked by its SHA-256. Then what the log had
beyond the events is processed; no reading is taken and no e-mail sent meanwhile. The read models are built at the next start.

E-mails that were recorded as sent are not sent again. Those that were owed at the backup may have been sent since, which
is lost: they go, marked as possible duplicates. Accounts are as they were: those removed since are there again.

A restore that was broken off leaves a folder on which nothing starts; give the same command again.

Exit code: 0 when the folder is ready for a start, else 1.

Example:
  VIGIA_DATA_DIR=./data-restored vigia restore /backups/vigia-2026-03-01`;

/** Adds `vigia backup` and `vigia restore`. */
export function addBackupCommands(program: Command, deps: BackupCommandDeps): void {
  program
    .command('backup')
    .description('copy the data folder, while the application runs, to a new folder')
    .argument('<folder>', 'the folder to make')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', BACKUP_HELP)
    .action(async (folder: string, { json }: JsonFlag) => {
      const { onProgress, end } = deps.showProgress('backing up');
      const report = await deps.backUp(folder, onProgress).finally(end);
      deps.stdout.write(json ? `${JSON.stringify(report)}\n` : `${folder} has the data folder as of ${report.takenAt}: ${report.files} files, ${report.bytes} bytes\n`);
    });
  program
    .command('restore')
    .description('bring a backup back into a new data folder')
    .argument('<folder>', 'the backup')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', RESTORE_HELP)
    .action(async (folder: string, { json }: JsonFlag) => {
      const { onProgress, end } = deps.showProgress('restoring');
      const report = await deps.restore(folder, onProgress).finally(end);
      const { takenAt, files, processed, possiblySent } = report;
      const text = `the data folder is as of ${takenAt}: ${files} files; ${processed} records of the log were processed, ${possiblySent} e-mails may have been sent already and will be marked`;
      deps.stdout.write(json ? `${JSON.stringify(report)}\n` : `${text}\n`);
    });
}

interface JsonFlag {
  readonly json?: true;
}
