import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import { LibsqlEventStore } from '../../src/event-store/libsql-event-store.js';
import { LibsqlMessageLog } from '../../src/message-log/libsql-message-log.js';
import { ALL_TOPICS, type LogRecord } from '../../src/message-log/message-log.js';
import { ALL_PROJECTIONS } from '../../src/projections/all-projections.js';
import { LibsqlProjectionSink } from '../../src/projections/libsql-projection-sink.js';
import { acceptedMail, readMailbox } from '../acceptance/mailbox.js';
import type { SmtpTestServer } from '../support/smtp-test-server.js';
import type { AcceptedMail, OutputEvent, Outputs, ReadModels, SentRecord, TopicRecord } from './verifier/outputs.js';

/** What a process has left in its data folder, once it has ended: log, events, read models and, unless a mail server has the mails, the mailbox. */
export async function dataFolderOutputs(dataDir: string, policy: Outputs['policy'], sent: readonly SentRecord[], serverMails?: readonly AcceptedMail[]): Promise<Outputs> {
  const log = await LibsqlMessageLog.open(dataDir, { clock: systemClock });
  const store = await LibsqlEventStore.open(dataDir, { clock: systemClock });
  const sink = await LibsqlProjectionSink.open(dataDir);
  try {
    const mails = serverMails ?? (await readMailbox(join(dataDir, 'mailbox'))).map(acceptedMail);
    return { policy, isKeyed: true, log: log.identity, sent, topics: await readTopics(log), events: await readEvents(store), readModels: [readModelsOf(sink, 'data folder')], mails };
  } finally {
    await Promise.all([log.close(), store.close(), sink.close()]);
  }
}

async function readTopics(log: LibsqlMessageLog): Promise<Outputs['topics']> {
  const topics: Record<string, TopicRecord[][]> = {};
  await eachRecord(log, (topic, partition, record) => void ((topics[topic] ??= [])[partition] ??= []).push(record));
  return topics;
}

/** Gives every record of the log. */
export async function eachRecord(log: LibsqlMessageLog, take: (topic: string, partition: number, record: TopicRecord) => void): Promise<void> {
  for (const topic of ALL_TOPICS) {
    for (const { partition, startOffset } of await log.describe(topic)) {
      for await (const record of log.read(topic, partition, startOffset)) take(topic, partition, topicRecord(topic, record));
    }
  }
}

/** As the verifier takes it: in the order of the log's times; at the same one ENTRY goes first. */
export function topicRecord(topic: string, { offset, value, headers, appendedAtMs }: Omit<LogRecord, 'key'>): TopicRecord {
  return { offset, value: value?.toString('base64') ?? null, headers, appendedAtMs, order: 2 * appendedAtMs + (topic === 'ENTRY' ? 0 : 1) };
}

/** All events of a data folder that nobody works on. */
export async function storedEvents(dataDir: string): Promise<OutputEvent[]> {
  const store = await LibsqlEventStore.open(dataDir, { clock: systemClock });
  return readEvents(store).finally(() => store.close());
}

export async function readEvents(store: LibsqlEventStore): Promise<OutputEvent[]> {
  const events: OutputEvent[] = [];
  for await (const { stream, revision, id, type, data, metadata } of store.readAll()) {
    events.push({ stream, revision: Number(revision), id, type, data: data as OutputEvent['data'], metadata: metadata as OutputEvent['metadata'], storedAtMs: null });
  }
  return events;
}

export function readModelsOf(sink: LibsqlProjectionSink, of: string): ReadModels {
  const rows = ALL_PROJECTIONS.map((projection) => [projection.name, sink.db.all(`SELECT * FROM ${sink.liveTable(projection).table}`)] as const);
  const rowsOf = <Row>(name: string) => (new Map(rows).get(name) ?? []) as Row[];
  const parked = sink.db.get<{ n: number }>('SELECT count(*) AS n FROM parked_events')?.n ?? 0;
  return { of, map: rowsOf('alarm-map'), counts: rowsOf('alarms-per-minute'), alarms: rowsOf('alarms'), shelved: rowsOf('shelved-sensors'), silent: rowsOf('silent-sensors'), parked };
}

/** What a mail server took. */
export async function mailsOf(server: SmtpTestServer): Promise<AcceptedMail[]> {
  return (await server.parsed()).map(({ messageId = '', headers }) => ({
    messageId,
    alarmId: headers.get('x-vigia-alarm-id') as string,
    isFollowUp: headers.has('in-reply-to'),
    possibleDuplicate: headers.has('x-vigia-possible-duplicate'),
    sender: null,
  }));
}
