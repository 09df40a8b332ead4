import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SyncDatabase from 'libsql';

/** What the holder of a data folder tells others about itself. */
export interface RunningProcess {
  readonly pid: number;
  /** Null while the console is not listening yet. */
  readonly consoleUrl: string | null;
  /** By which it knows who can read the data folder; null while the console is not listening yet. */
  readonly token: string | null;
}

/** Another process works on the data folder. */
export class DataDirInUse extends Error {
  constructor(
    readonly dataDir: string,
    readonly holder: RunningProcess | null,
  ) {
    const who = holder ? `process ${holder.pid}${holder.consoleUrl ? ` (${holder.consoleUrl})` : ''}` : 'another process';
    super(`data folder ${dataDir} is in use by ${who}; stop it or set VIGIA_DATA_DIR to another folder`);
    this.name = 'DataDirInUse';
  }
}

/** A restore into the data folder was broken off: what is in it is of no use yet. */
export class RestoreBrokenOff extends Error {
  constructor(dataDir: string) {
    super(`the restore into data folder ${dataDir} was broken off; give the same vigia restore again`);
    this.name = 'RestoreBrokenOff';
  }
}

/** A file of this name is in a data folder as long as a restore into it is not complete. */
export const RESTORING = 'restoring';

/**
 * Holds a data folder for this process alone, by an exclusive lock on its `lock.db`; the operating system
 * lets go of it when the process ends, however it ends.
 */
export class DataDirLock {
  private constructor(
    private readonly dataDir: string,
    private readonly database: { exec(sql: string): void; close(): void },
  ) {}

  /** Thrown: `DataDirInUse`; `RestoreBrokenOff` unless it is for a restore. */
  static acquire(dataDir: string, { isRestoring = false } = {}): DataDirLock {
    if (!isRestoring && existsSync(join(dataDir, RESTORING))) throw new RestoreBrokenOff(dataDir);
    mkdirSync(dataDir, { recursive: true });
    const database = new SyncDatabase(join(dataDir, 'lock.db'), {}) as { exec(sql: string): void; close(): void };
    try {
      database.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      if (String(error).includes('locked')) throw new DataDirInUse(dataDir, readHolder(dataDir));
      throw new Error(`cannot lock data folder ${dataDir}: ${String(error)}`, { cause: error });
    }
    const lock = new DataDirLock(dataDir, database);
    lock.announce({ pid: process.pid, consoleUrl: null, token: null });
    return lock;
  }

  /** Tells other processes how to reach this one. */
  announce(holder: RunningProcess): void {
    const file = holderFile(this.dataDir);
    // One that a crash has left would keep its own mode.
    rmSync(file, { force: true });
    writeFileSync(file, JSON.stringify(holder), { mode: 0o600 });
  }

  release(): void {
    rmSync(holderFile(this.dataDir), { force: true });
    this.database.exec('ROLLBACK');
    this.database.close();
  }
}

function holderFile(dataDir: string): string {
  return join(dataDir, 'running.json');
}

function readHolder(dataDir: string): RunningProcess | null {
  try {
    return JSON.parse(readFileSync(holderFile(dataDir), 'utf8')) as RunningProcess;
  } catch {
    return null;
  }
}
