import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { processesWith } from '../../support/processes-with.js';

/** What a suite leaves behind with processes that outlive it. */
export interface Leavings {
  /** In the arguments or variables of each of its processes is one of these. */
  readonly marks: readonly string[];
  /** A folder to be removed. */
  readonly dir: string;
}

/**
 * Kills the processes of a suite and removes its folder when the suite says so, and also when the suite's own process has ended in
 * whatever way: it is a process by itself, and its standard input ends with that one.
 */
export async function beginToWatch(leavings: Leavings): Promise<{ sweep(): Promise<void> }> {
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(import.meta.url)], { detached: true, stdio: ['pipe', 'ignore', 'inherit'] });
  await once(child, 'spawn');
  child.stdin.write(JSON.stringify(leavings));
  return {
    async sweep() {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}

async function sweep({ marks, dir }: Leavings): Promise<void> {
  // What was just about to start another is killed too, and what it started then.
  for (let quiet = 0; quiet < 3; await sleep(100)) {
    const pids = processesWith(...marks);
    quiet = pids.length === 0 ? quiet + 1 : 0;
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has just ended
      }
    }
  }
  rmSync(dir, { recursive: true, force: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await sweep(JSON.parse(await text(process.stdin)) as Leavings);
