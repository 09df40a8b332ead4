import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  /** The file system's root, empty. */
  readonly path: string;
  readonly remove: () => void;
}

/** As who may, or as root of a user namespace of its own. */
const WAYS = [[], ['unshare', '--user', '--map-root-user', '--mount']] as const;

const mountAt = (path: string, megabytes: number): string[] => ['mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path];

/**
 * How this machine lets one have a file system of so many megabytes in memory; null where it does not, which is then said on standard
 * error. Leaves nothing behind.
 */
export function findSmallDisk(megabytes: number): (() => Promise<SmallDisk>) | null {
  const refusals: string[] = [];
  for (const way of WAYS) {
    const path = mkdtempSync(join(tmpdir(), 'vigia-disk-'));
    const { status, stderr, error } = run([...way, ...mountAt(path, megabytes)]);
    if (status === 0 && way.length === 0) spawnSync('umount', [path]);
    rmSync(path, { recursive: true });
    if (status === 0) return () => (way.length === 0 ? mounted(megabytes) : mountedInNamespace(way, megabytes));
    refusals.push(error ? String(error) : stderr.trim());
  }
  process.stderr.write(`NOT TESTED: a full disk, since no small file system can be made here: ${refusals.join('; ')}\n`);
  return null;
}

function run(command: readonly string[]) {
  return spawnSync('env', command, { encoding: 'utf8' });
}

async function mounted(megabytes: number): Promise<SmallDisk> {
  const path = mkdtempSync(join(tmpdir(), 'vigia-disk-'));
  const { status, stderr } = run(mountAt(path, megabytes));
  if (status !== 0) throw new Error(`mount: ${stderr}`);
  return {
    path,
    remove: () => {
      // A connection that is being closed may still have a file open.
      spawnSync('umount', ['-l', path]);
      rmSync(path, { recursive: true });
    },
  };
}

/** Only a process within the namespace sees what is mounted there; others reach it by that process's root. */
async function mountedInNamespace(way: readonly string[], megabytes: number): Promise<SmallDisk> {
  const place = mkdtempSync(join(tmpdir(), 'vigia-disk-'));
  // It ends with its standard input, and so with this process.
  const holder = spawn('env', [...way, 'sh', '-c', `${mountAt(place, megabytes).join(' ')} && echo mounted && exec cat`], { stdio: ['pipe', 'pipe', 'inherit'] });
  await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit').then(([code]) => Promise.reject(new Error(`unshare ended with ${code}`)))]);
  const path = join('/proc', String(holder.pid), 'root', place, 'disk');
  mkdirSync(path);
  return {
    path,
    remove: () => {
      holder.kill();
      rmSync(place, { recursive: true });
    },
  };
}
