import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import { LibsqlEventStore } from '../../src/event-store/libsql-event-store.js';
import { LibsqlMessageLog } from '../../src/message-log/libsql-message-log.js';
import { ALL_TOPICS } from '../../src/message-log/message-log.js';
import { messageId } from '../../src/notifications/mailer.js';
import { ALL_PROJECTIONS } from '../../src/projections/all-projections.js';
import { LibsqlProjectionSink } from '../../src/projections/libsql-projection-sink.js';
import { readMailbox } from '../acceptance/mailbox.js';
import type { SmtpTestServer } from '../support/smtp-test-server.js';
import type { AcceptedMail, OutputEvent, Outputs, ReadModels, SentRecord, TopicRecord } from './verifier/outputs.js';

/** What a process has left in its data folder, once it has ended: log, events, read models and, unless a mail server has the mails, the mailbox. */
export async function dataFolderOutputs(dataDir: string, policy: Outputs['policy'], sent: readonly SentRecord[], serverMails?: readonly AcceptedMail[]): Promise<Outputs> {
  const log = await LibsqlMessageLog.open(dataDir, { clock: systemClock });
  const store = await LibsqlEventStore.open(dataDir, { clock: systemClock });
  const sink = await LibsqlProjectionSink.open(dataDir);
  try {
    const [topics, events, readModels, mails] = [await readTopics(log), await readEvents(store), await readModelsOf(sink), serverMails ?? (await readMails(dataDir))];
    return { policy, isKeyed: true, log: log.identity, sent, topics, events, readModels: [readModels], mails };
  } finally {
    await Promise.all([log.close(), store.close(), sink.close()]);
  }
}

/** In the order of the log's times; at the same one ENTRY goes first. */
async function readTopics(log: LibsqlMessageLog): Promise<Outputs['topics']> {
  const topics: Record<string, Omit<TopicRecord, 'order'>[][]> = {};
  for (const topic of ALL_TOPICS) {
    topics[topic] = [];
    for (const { partition, startOffset } of await log.describe(topic)) {
      const records: Omit<TopicRecord, 'order'>[] = [];
      for await (const { offset, value, headers, appendedAtMs } of log.read(topic, partition, startOffset)) {
        records.push({ offset, value: value?.toString('base64') ?? null, headers, appendedAtMs });
      }
      topics[topic].push(records);
    }
  }
  const all = Object.values(topics).flat(2).sort((a, b) => a.appendedAtMs - b.appendedAtMs);
  const orders = new Map(all.map((record, order) => [record, order]));
  return Object.fromEntries(Object.entries(topics).map(([topic, partitions]) => [topic, partitions.map((records) => records.map((record) => ({ ...record, order: orders.get(record) ?? 0 })))]));
}

/** All events of a data folder that nobody works on. */
export async function storedEvents(dataDir: string): Promise<OutputEvent[]> {
  const store = await LibsqlEventStore.open(dataDir, { clock: systemClock });
  return readEvents(store).finally(() => store.close());
}

async function readEvents(store: LibsqlEventStore): Promise<OutputEvent[]> {
  const events: OutputEvent[] = [];
  for await (const { stream, revision, id, type, data, metadata } of store.readAll()) {
    events.push({ stream, revision: Number(revision), id, type, data: data as OutputEvent['data'], metadata: metadata as OutputEvent['metadata'], storedAtMs: null });
  }
  return events;
}

async function readModelsOf(sink: LibsqlProjectionSink): Promise<ReadModels> {
  const rows = ALL_PROJECTIONS.map((projection) => [projection.name, sink.db.all(`SELECT * FROM ${sink.liveTable(projection).table}`)] as const);
  const of = <Row>(name: string) => (new Map(rows).get(name) ?? []) as Row[];
  const parked = sink.db.get<{ n: number }>('SELECT count(*) AS n FROM parked_events')?.n ?? 0;
  return { of: 'data folder', map: of('alarm-map'), counts: of('alarms-per-minute'), alarms: of('alarms'), parked };
}

async function readMails(dataDir: string): Promise<AcceptedMail[]> {
  return (await readMailbox(join(dataDir, 'mailbox'))).map(({ file, alarmId, possibleDuplicate }) => {
    const name = file.replace(/\.eml$/, '');
    return { messageId: messageId(name), alarmId: name.endsWith('-completed') ? null : alarmId, possibleDuplicate, sender: null };
  });
}

/** What a mail server took. */
export async function mailsOf(server: SmtpTestServer): Promise<AcceptedMail[]> {
  return (await server.parsed()).map(({ messageId = '', headers }) => ({
    messageId,
    alarmId: headers.has('in-reply-to') ? null : (headers.get('x-vigia-alarm-id') as string),
    possibleDuplicate: headers.has('x-vigia-possible-duplicate'),
    sender: null,
  }));
}
