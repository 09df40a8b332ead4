import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../src/cli/simulator/random.js';
import { systemClock } from '../../src/clock.js';
import { stopAll } from '../acceptance/child.js';
import { Product } from '../acceptance/product.js';
import { freePort } from '../servers/server-process.js';
import { waitFor } from '../support/wait-for.js';
import { dataFolderOutputs } from './data-folder-outputs.js';
import { sendRecord } from './send-record.js';
import { drawBody } from './simulation/draw-body.js';
import { USUAL_POLICY } from './usual-policy.js';
import type { SentRecord } from './verifier/outputs.js';
import { verify } from './verifier/verify.js';

const DISK = '64m';
const SENSORS = 8;
const TIMES_FULL = 3;

/** Between two times, and how long the disk is full each time after the first refusal. */
const PAUSE_MS = 800;
const FULL_MS = 600;

/** What asks again and again whether there is room. */
const PROBE_TEXT = '[99, false, false, 20, 30]';
const PROBE: SentRecord = { topic: 'ENTRY', value: Buffer.from(PROBE_TEXT).toString('base64'), outcome: 'unknown', places: [] };

const folder = mkdtempSync(join(tmpdir(), 'vigia-full-'));
const disk = join(folder, 'disk');
mkdirSync(disk);
/** As a rule only root may, also not in a user namespace of its own: SQLite follows the link by which others would reach the disk there. */
const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', disk], { encoding: 'utf8' });
const isMounted = status === 0;
if (!isMounted) {
  rmSync(folder, { recursive: true });
  process.stderr.write(`NOT TESTED: a full disk, since a small one can't be mounted here: ${stderr}\n`);
}

const filler = join(disk, 'filler');

/** Takes all the room there is. */
function fillDisk(): void {
  const file = openSync(filler, 'a');
  try {
    for (const bytes of [Buffer.alloc(65_536), Buffer.alloc(4_096)]) {
      try {
        for (;;) writeSync(file, bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  } finally {
    closeSync(file);
  }
}

(isMounted ? describe : describe.skip)(isMounted ? 'a disk that is full' : 'NOT TESTED: a disk that is full', () => {
  const stop = new AbortController();
  afterAll(async () => {
    stop.abort(); // a test that failed has left its senders
    await stopAll();
    // A connection that is being closed may still have a file open.
    spawnSync('umount', ['-l', disk]);
    rmSync(folder, { recursive: true });
  });

  it('stops the intake, which goes on by itself when there is room; nothing is torn, lost or doubled', async () => {
    const dataDir = join(disk, 'data');
    const product = new Product({ dataDir, logFile: join(folder, 'log') }, { ingest: await freePort(), console: await freePort() }, 0);
    product.start();
    await product.waitUntilUp();
    const sent: SentRecord[] = [];
    const sending = Promise.all(Array.from({ length: SENSORS }, async (_, sensorId) => {
      const random = Random.seeded(`full ${sensorId}`);
      for (let message = 0; !stop.signal.aborted; message += 1) {
        const topic = random.fraction() < 0.2 ? 'OK' : 'ENTRY';
        const body = drawBody(random, topic, sensorId);
        while (!(await sendRecord(product.ingestUrl, topic, body, `${sensorId}-${message}`, sent))) await systemClock.sleep(20);
        await systemClock.sleep(random.integer(0, 20));
      }
    }));
    const statusOf = async (): Promise<number> => (await fetch(`${product.ingestUrl}/topics/ENTRY/messages?sync`, { method: 'POST', body: PROBE_TEXT, headers: { 'content-type': 'text/plain' } })).status;
    for (let time = 0; time < TIMES_FULL; time += 1) {
      await systemClock.sleep(PAUSE_MS);
      await waitFor('a refusal', async () => {
        // Room that the product gives back is taken, too.
        fillDisk();
        return (await statusOf()) === 503;
      }, 30_000);
      await systemClock.sleep(FULL_MS);
      product.assertRunning();
      rmSync(filler);
      await waitFor('an acceptance', async () => (await statusOf()) === 200, 30_000);
    }
    await systemClock.sleep(PAUSE_MS);
    stop.abort();
    await sending;
    await product.waitUntilSettled();
    expect(JSON.parse(await product.command('reconcile', '--json'))).toMatchObject({ unaccounted: 0, doubled: 0, problems: [] });
    // The next start looks at the structure of every file.
    expect((await product.interrupt()).code).toBe(0);
    product.start();
    await product.waitUntilSettled();
    expect((await product.interrupt()).code).toBe(0);

    const { problems, figures } = verify({ ...(await dataFolderOutputs(dataDir, USUAL_POLICY, [...sent, PROBE])), sentHas: 'every message' });
    expect(problems).toEqual([]);
    expect(sent.filter(({ outcome }) => outcome === 'unknown').length).toBeGreaterThan(SENSORS);
    expect(figures.alarms).toBeGreaterThan(10);
  }, 180_000);
});
