import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../src/cli/simulator/random.js';
import { systemClock } from '../../src/clock.js';
import { stopAll } from '../acceptance/child.js';
import { Product } from '../acceptance/product.js';
import { freePort } from '../servers/server-process.js';
import { dataFolderOutputs } from './data-folder-outputs.js';
import { sendRecord } from './send-record.js';
import { drawBody, drawSensorTime } from './simulation/draw-body.js';
import { USUAL_POLICY } from './usual-policy.js';
import type { SentRecord } from './verifier/outputs.js';
import { verify } from './verifier/verify.js';

const SENSORS = 16;
const KILLS = 4;
const RUN_MS = 12_000;

/** A sensor that sends one message after the other until it is told to stop, each again until it is answered. */
async function sendAll(url: string, sensorId: number, sent: SentRecord[], stop: AbortSignal): Promise<void> {
  const random = Random.seeded(`sensor ${sensorId}`);
  for (let message = 0; !stop.aborted; message += 1) {
    const topic = random.fraction() < 0.2 ? 'OK' : 'ENTRY';
    const body = drawBody(random, topic, sensorId, drawSensorTime(random, systemClock.now()));
    while (!(await sendRecord(url, topic, body, `${sensorId}-${message}`, sent)) && !stop.aborted) await systemClock.sleep(50);
    await systemClock.sleep(random.integer(0, 30));
  }
}

describe('a process that is killed again and again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigia-killed-'));
  const stop = new AbortController();
  afterAll(async () => {
    stop.abort(); // a test that failed has left its senders
    await stopAll();
    rmSync(folder, { recursive: true });
  });

  it('keeps every promise', async () => {
    const dataDir = join(folder, 'data');
    const product = new Product({ dataDir, logFile: join(folder, 'product.log') }, { ingest: await freePort(), console: await freePort() }, 0);
    product.start();
    await product.waitUntilUp();
    const sent: SentRecord[] = [];
    const sending = Promise.all(Array.from({ length: SENSORS }, (_, sensor) => sendAll(product.ingestUrl, sensor, sent, stop.signal)));
    for (let kill = 0; kill < KILLS; kill += 1) {
      await systemClock.sleep((RUN_MS / KILLS) * (0.5 + Math.random()));
      await product.killAndRestart();
    }
    await product.waitUntilUp();
    await systemClock.sleep(1000);
    stop.abort();
    await sending;
    await product.waitUntilSettled();
    await product.interrupt();
    const { problems, figures } = verify({ ...(await dataFolderOutputs(dataDir, USUAL_POLICY, sent)), sentHas: 'every request' });
    expect(problems).toEqual([]);
    const outcomes = (outcome: SentRecord['outcome']) => sent.filter((each) => each.outcome === outcome).length;
    expect(outcomes('unknown')).toBeGreaterThan(0);
    expect(figures.records).toBeGreaterThanOrEqual(outcomes('accepted'));
    expect(figures.alarms).toBeGreaterThan(10);
  }, 180_000);
});
