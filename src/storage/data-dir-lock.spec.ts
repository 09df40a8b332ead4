import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirInUse, DataDirLock } from './data-dir-lock.js';

describe('DataDirLock', () => {
  it('refuses a second holder, naming the first, and lets go on release', () => {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-lock-'));
    const first = DataDirLock.acquire(dir);
    first.announce({ pid: process.pid, consoleUrl: 'http://127.0.0.1:3000', token: 'x' });
    expect(() => DataDirLock.acquire(dir)).toThrow(DataDirInUse);
    expect(() => DataDirLock.acquire(dir)).toThrow(`process ${process.pid} (http://127.0.0.1:3000)`);
    first.release();
    DataDirLock.acquire(dir).release();
  });

  it('is free again after the holder was killed', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-lock-'));
    const script = `
      const Database = (await import('libsql')).default;
      new Database(${JSON.stringify(join(dir, 'lock.db'))}).exec('BEGIN EXCLUSIVE');
      console.log('held');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    expect(() => DataDirLock.acquire(dir)).toThrow(DataDirInUse);
    child.kill('SIGKILL');
    await once(child, 'exit');
    DataDirLock.acquire(dir).release();
  });
});
