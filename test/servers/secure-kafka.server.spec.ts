import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reconciliation } from '../../src/ingestion/reconcile.js';
import { stopAll } from '../acceptance/child.js';
import { Product } from '../acceptance/product.js';
import { KafkaCluster } from './kafka.js';
import { freePort } from './server-process.js';

const LOGIN = { username: 'vigia', password: 'only-for-this-test' };
/** Enough for responses of several MiB. */
const NORMAL = 60_000;
const POSTED_AT_ONCE = 10_000;

describe('the built product on Kafka with TLS and a log-in', () => {
  let dir: string;
  let brokers: KafkaCluster;
  let environment: Record<string, string>;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vigia-secure-kafka-'));
    brokers = await KafkaCluster.start({ brokers: 1, login: LOGIN });
    environment = {
      KAFKA_BROKERS: brokers.secure.bootstrapServers, KAFKA_REPLICATION_FACTOR: '1', KAFKA_TLS: '1', NODE_EXTRA_CA_CERTS: brokers.secure.certificateFile,
      KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: LOGIN.username, KAFKA_SASL_PASSWORD: LOGIN.password,
    };
  }, 120_000);
  afterAll(async () => {
    await stopAll();
    await brokers?.stop();
    rmSync(dir, { recursive: true });
  });

  const product = async (name: string, changed: Record<string, string> = {}): Promise<Product> => {
    const paths = { dataDir: join(dir, name), logFile: join(dir, `${name}.log`) };
    const made = new Product(paths, { ingest: await freePort(), console: await freePort() }, 100, { ...environment, ...changed });
    made.start();
    return made;
  };
  const outputOf = (name: string): string => readFileSync(join(dir, `${name}.log`), 'utf8');

  it('takes readings and gives alarms', async () => {
    const running = await product('right');
    await running.waitUntilUp();
    const lines = Array.from({ length: NORMAL }, (_, i) => `{"${i % 100}", "${i === 30_000}", "false", "20.0", "30.0"}`);
    for (let from = 0; from < NORMAL; from += POSTED_AT_ONCE) {
      const answer = await fetch(`${running.ingestUrl}/topics/ENTRY/messages`, {
        method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: lines.slice(from, from + POSTED_AT_ONCE).join('\n'),
      });
      expect(answer.status).toBe(200);
    }
    await running.waitUntilSettled();
    expect((await running.alarms()).map(({ sensorId }) => String(sensorId))).toEqual(['0']);
    expect(JSON.parse(await running.command('reconcile', '--json')) as Reconciliation).toMatchObject({ records: NORMAL, normal: NORMAL - 1, events: 1, unaccounted: 0, doubled: 0 });
  });

  it.each([
    { name: 'a wrong password', changed: { KAFKA_SASL_PASSWORD: 'wrong' }, says: /authentication failed/i },
    { name: 'an unknown certificate', changed: { NODE_EXTRA_CA_CERTS: '' }, says: /self-signed certificate/i },
  ])('ends at once, and says why: $name', async ({ name, changed, says }) => {
    const start = performance.now();
    const refused = await product(name, changed);
    expect(await refused.ended()).toMatchObject({ code: 1 });
    expect(performance.now() - start).toBeLessThan(20_000); // a broker that is away is waited for
    expect(outputOf(name)).toMatch(says);
    expect(outputOf(name)).not.toContain(LOGIN.password);
  });
});
