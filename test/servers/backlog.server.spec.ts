import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopAll } from '../acceptance/child.js';
import { expectNothingLost, HEAP_MB, workOffBacklog } from '../faults/worked-off-backlog.js';
import { openLog } from '../support/kafka-group.js';
import { KafkaCluster } from './kafka.js';

/** On demand: BACKLOG=1000000 npm run test:servers -- servers/backlog. */
const RECORDS = Number(process.env['BACKLOG'] ?? 0);

(RECORDS > 0 ? describe : describe.skip)('a backlog of readings on Kafka', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigia-backlog-'));
  let kafka: KafkaCluster;
  beforeAll(async () => {
    kafka = await KafkaCluster.start({ brokers: 1 });
  });
  afterAll(async () => {
    await stopAll();
    await kafka?.stop();
    rmSync(folder, { recursive: true });
  });

  it(`is worked off with a heap of ${HEAP_MB} MB, whatever its length, and nothing is lost`, async () => {
    const settings = { KAFKA_BROKERS: kafka.bootstrapServers, KAFKA_REPLICATION_FACTOR: '1' };
    const worked = await workOffBacklog(RECORDS, { folder, openLog: () => openLog(kafka, { replicationFactor: 1, sessionTimeoutMs: 10_000 }), settings });
    expectNothingLost(RECORDS, worked);
    process.stderr.write(`${RECORDS} readings: ${Math.round(worked.grownMb)} MB more than at the start at the most\n`);
  }, 600_000);
});
