import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AnswerLine } from '../../src/cli/simulator/answers-file.js';
import { systemClock } from '../../src/clock.js';
import { LibsqlEventStore } from '../../src/event-store/libsql-event-store.js';
import { LibsqlMessageLog } from '../../src/message-log/libsql-message-log.js';
import { ALL_TOPICS, PARTITIONS } from '../../src/message-log/message-log.js';
import { LibsqlProjectionSink } from '../../src/projections/libsql-projection-sink.js';
import type { EventStoreServer } from '../acceptance/event-store-server.js';
import type { KafkaCluster } from '../servers/kafka.js';
import { testClient, withAdmin } from '../support/kafka-group.js';
import { eachRecordOf } from '../support/read-topic.js';
import { eachRecord, readEvents, readModelsOf, topicRecord } from './data-folder-outputs.js';
import { USUAL_POLICY } from './usual-policy.js';
import type { AcceptedMail, OutputEvent, Outputs, ReadModels, SentRecord } from './verifier/outputs.js';
import { OutputsWriter, readLines, storedOutputs } from './verifier/stored-outputs.js';
import { verify, type Verdict } from './verifier/verify.js';

/** Where a run that has come to rest left its outputs. Its processes have ended, so that their data folders are free. */
export interface RunSources {
  /** What its simulators were answered, as `vigia simulate --answers` writes it; further records that are known by other means. */
  readonly answersFiles: readonly string[];
  readonly sent?: readonly SentRecord[];
  /** What these have all of; not there where others sent, too. */
  readonly sentHas?: NonNullable<Outputs['sentHas']>;
  /** Of its processes, by their names. The first one has log and events where these are embedded. */
  readonly dataDirs: Readonly<Record<string, string>>;
  /** Those that are kept elsewhere. */
  readonly readModels?: readonly ReadModels[];
  /** Null for the embedded log. */
  readonly kafka: KafkaCluster | null;
  /** Null for the embedded event store. */
  readonly store: EventStoreServer | null;
  readonly mails: readonly AcceptedMail[];
}

/** Stores the outputs of a run in a folder, from where test/faults/verifier/main.ts can read them again, and has the verifier judge them. */
export async function judgeRun(folder: string, sources: RunSources): Promise<Verdict> {
  const { answersFiles, sent = [], sentHas, dataDirs, kafka, store, mails } = sources;
  const [dataDir] = Object.values(dataDirs) as [string];
  const writer = new OutputsWriter(folder);
  for (const topic of ALL_TOPICS) for (let partition = 0; partition < PARTITIONS; partition += 1) writer.addPartition(topic, partition);
  for (const file of answersFiles) for (const line of readLines<AnswerLine>(file)) writer.addSent(sentRecord(line));
  for (const each of sent) writer.addSent(each);
  const log = kafka === null ? await storeEmbeddedLog(dataDir, writer) : await storeTopics(kafka, writer);
  const readModels = [...(sources.readModels ?? [])];
  for (const [name, dir] of Object.entries(dataDirs)) readModels.push(...(await readModelsIn(name, dir)));
  writer.end({ policy: USUAL_POLICY, isKeyed: true, ...(sentHas ? { sentHas } : {}), log, events: store?.events() ?? (await embeddedEvents(dataDir)), readModels, mails });
  return verify(storedOutputs(folder));
}

/** What was given up before it was sent may count as sent: the verifier asks nothing of it. */
function sentRecord({ topic, text, outcome, partition, offset }: AnswerLine): SentRecord {
  const value = Buffer.from(text).toString('base64');
  if (outcome !== 'acknowledged') return { topic, value, outcome: outcome === 'refused' ? 'refused' : 'unknown', places: [] };
  return { topic, value, outcome: 'accepted', places: [{ partition: partition as number, offset: offset as number }] };
}

/** Gives the log's identity. */
async function storeEmbeddedLog(dataDir: string, writer: OutputsWriter): Promise<string> {
  const log = await LibsqlMessageLog.open(dataDir, { clock: systemClock });
  await eachRecord(log, (...record) => writer.addRecord(...record)).finally(() => log.close());
  return log.identity;
}

/** As any consumer sees them. Gives the log's identity. */
async function storeTopics(kafka: KafkaCluster, writer: OutputsWriter): Promise<string> {
  await eachRecordOf(testClient(kafka), ALL_TOPICS, (topic, { partition, timeMs, ...record }) => writer.addRecord(topic, partition, topicRecord(topic, { ...record, appendedAtMs: timeMs })));
  return (await withAdmin(kafka, (admin) => admin.describeCluster())).clusterId;
}

async function embeddedEvents(dataDir: string): Promise<OutputEvent[]> {
  const store = await LibsqlEventStore.open(dataDir, { clock: systemClock });
  return readEvents(store).finally(() => store.close());
}

/** None for a process that keeps none. */
async function readModelsIn(name: string, dataDir: string): Promise<ReadModels[]> {
  if (!existsSync(join(dataDir, 'read-models.db'))) return [];
  const sink = await LibsqlProjectionSink.open(dataDir);
  try {
    return [readModelsOf(sink, name)];
  } finally {
    await sink.close();
  }
}
