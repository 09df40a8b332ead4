import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Admin } from 'kafkajs';
import { systemClock } from '../../src/clock.js';
import { LibsqlCustomerStore } from '../../src/customers/libsql-customer-store.js';
import { LibsqlMessageLog } from '../../src/message-log/libsql-message-log.js';
import { ALL_TOPICS } from '../../src/message-log/message-log.js';
import { acceptedMail, readMailbox } from '../acceptance/mailbox.js';
import { EventStoreServer } from '../acceptance/event-store-server.js';
import type { Paths, Product } from '../acceptance/product.js';
import type { KafkaCluster } from '../servers/kafka.js';
import { freePort } from '../servers/server-process.js';
import { openLog, withAdmin } from '../support/kafka-group.js';
import { MAIL_SEND_SECONDS } from '../support/mail-send-seconds.js';
import { SmtpTestServer } from '../support/smtp-test-server.js';
import { mailsOf } from './data-folder-outputs.js';
import { judgeRun } from './run-outputs.js';
import type { SentRecord } from './verifier/outputs.js';
import type { Problem, Verdict } from './verifier/verify.js';

/** What is not in the data folder: nothing; the e-mails, of which a mail server can't be asked what has gone; these and the events. */
export type Outside = 'nothing' | 'mails' | 'events';

const ONE_BROKER = { replicationFactor: 1, sessionTimeoutMs: 10_000 };

/** What the product stands on while it is killed again and again, and what is left of it in the end. */
export class CrashSite {
  private constructor(
    readonly paths: Paths,
    private readonly folder: string,
    private readonly mailServer: SmtpTestServer | null,
    private readonly store: EventStoreServer | null,
    private readonly kafka: KafkaCluster | null,
  ) {}

  /** `kafka`: null for the embedded log; its topics are removed. */
  static async start(folder: string, outside: Outside, kafka: KafkaCluster | null): Promise<CrashSite> {
    if (kafka) await withAdmin(kafka, removeTopics);
    const store = outside === 'events' ? new EventStoreServer(folder, await freePort(), false) : null;
    await store?.start();
    const mailServer = outside === 'nothing' ? null : await SmtpTestServer.start();
    return new CrashSite({ dataDir: join(folder, 'data'), logFile: join(folder, 'product.log') }, folder, mailServer, store, kafka);
  }

  /** How the product reaches it. */
  get settings(): Readonly<Record<string, string>> {
    return {
      ...(this.mailServer ? { SMTP_URL: this.mailServer.url, VIGIA_MAIL_SEND_SECONDS: MAIL_SEND_SECONDS } : {}),
      ...(this.store ? { EVENTSTORE_URL: this.store.url } : {}),
      ...(this.kafka ? { KAFKA_BROKERS: this.kafka.bootstrapServers, KAFKA_REPLICATION_FACTOR: String(ONE_BROKER.replicationFactor) } : {}),
    };
  }

  private readonly unreadable: SentRecord[] = [];

  /** What the ingest endpoint would refuse comes by other producers. While no process works on the data folder. */
  async appendUnreadable(): Promise<void> {
    const log = this.kafka ? await openLog(this.kafka, ONE_BROKER) : await LibsqlMessageLog.open(this.paths.dataDir, { clock: systemClock });
    const value = Buffer.from('{"1", "perhaps"}');
    const places = await log.append('ENTRY', [{ key: '1', value }]).finally(() => log.close());
    this.unreadable.push({ topic: 'ENTRY', value: value.toString('base64'), outcome: 'accepted', places });
  }

  /** Of a product that has ended. */
  async judge(product: Product, sent: readonly SentRecord[], customers: number): Promise<Verdict> {
    const { store, mailServer, paths, kafka } = this;
    const mails = mailServer ? await mailsOf(mailServer) : (await readMailbox(join(paths.dataDir, 'mailbox'))).map(acceptedMail);
    // A dead letter that is replayed is one of these again.
    const allSent = { sent: [...sent, ...this.unreadable], sentHas: 'every message' } as const;
    const verdict = await judgeRun(join(this.folder, 'outputs'), { answersFiles: [], ...allSent, dataDirs: { product: paths.dataDir }, kafka, store, mails });
    return { ...verdict, problems: [...verdict.problems, ...(await this.notesMissing(product)), ...(await this.customersMissing(customers))] };
  }

  async stop(): Promise<void> {
    await this.mailServer?.stop();
    await this.store?.stop();
  }

  /** Those of the first start, however often it was broken off. */
  private async customersMissing(wanted: number): Promise<Problem[]> {
    const store = await LibsqlCustomerStore.open(this.paths.dataDir);
    const count = await store.count().finally(() => store.close());
    return count === wanted ? [] : [{ promise: 'P1', what: `${count} customers are there, expected ${wanted}` }];
  }

  /** An event never tells of a note that was not stored. */
  private async notesMissing(product: Product): Promise<Problem[]> {
    const file = join(this.folder, 'notes.jsonl');
    await product.command('notes', 'export', file);
    const noted = new Set(readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => (JSON.parse(line) as { eventId: string }).eventId));
    const { events } = JSON.parse(readFileSync(join(this.folder, 'outputs', 'outputs.json'), 'utf8')) as { events: { id: string; stream: string; data: { hasNote?: boolean } }[] };
    return events.filter(({ id, data }) => data.hasNote === true && !noted.has(id)).map(({ id, stream }) => ({ promise: 'P1', what: `${stream}: event ${id} tells of a note that is not there` }));
  }
}

async function removeTopics(admin: Admin): Promise<void> {
  const topics = (await admin.listTopics()).filter((topic) => ALL_TOPICS.includes(topic));
  if (topics.length > 0) await admin.deleteTopics({ topics });
}
