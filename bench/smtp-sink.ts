import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('./smtp-sink-process.ts', import.meta.url));

/** What the server's process says of a mail that it has taken. */
export interface TakenMail {
  readonly alarmId: string;
  /** On the machine's monotonic clock. */
  readonly at: readonly [seconds: number, nanoseconds: number];
}

/** An SMTP server in a process of its own, which takes every mail. `onMail` is told of which alarm one tells, and when it was taken by this process's `performance.now()`. */
export async function startSmtp(onMail: (alarmId: string, atMs: number) => void): Promise<{ url: string; stop: () => Promise<void> }> {
  const child = fork(MAIN, { execArgv: ['--import', 'tsx'] });
  const [port] = (await once(child, 'message')) as [number];
  child.on('message', (message) => {
    const { alarmId, at } = message as TakenMail;
    const [seconds, nanoseconds] = process.hrtime([at[0], at[1]]);
    onMail(alarmId, performance.now() - (seconds * 1e3 + nanoseconds / 1e6));
  });
  return {
    url: `smtp://127.0.0.1:${port}`,
    stop: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
