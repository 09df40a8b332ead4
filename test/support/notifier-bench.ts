import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser, type ParsedMail } from 'mailparser';
import { NOTIFICATION_POLICY, type NotificationPolicy } from '../../src/alarm-domain/notification.js';
import { notificationStream, type NotificationEvent } from '../../src/alarm-domain/notification-events.js';
import { systemClock } from '../../src/clock.js';
import { CustomersUnavailable } from '../../src/customers/customer-store.js';
import { LibsqlCustomerStore } from '../../src/customers/libsql-customer-store.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { LibsqlEventStore } from '../../src/event-store/libsql-event-store.js';
import { MailboxFolderMailer } from '../../src/notifications/mailbox-folder-mailer.js';
import type { Mailer } from '../../src/notifications/mailer.js';
import { NotificationDispatcher, type DispatcherOptions } from '../../src/notifications/notification-dispatcher.js';
import { SmtpMailer } from '../../src/notifications/smtp-mailer.js';
import { CUSTOMER } from './alarm-fixtures.js';
import { SkippableClock } from './skippable-clock.js';
import { SmtpTestServer } from './smtp-test-server.js';

/** Retries come soon; the end of a claim comes when the spec skips the time to it. */
const POLICY: NotificationPolicy = { ...NOTIFICATION_POLICY, firstRetryMs: 20, longestRetryMs: 100 };

export interface DispatcherChanges extends Partial<Omit<DispatcherOptions, 'policy'>> {
  readonly policy?: Partial<NotificationPolicy>;
}

/** The real event store, customers, mail server and mailbox folder, and any number of dispatchers on them. */
export class NotifierBench {
  /** While true the customer store answers nothing. */
  customersAreDown = false;
  readonly problems: string[] = [];
  /** What was logged as an error. */
  readonly errors: object[] = [];
  readonly clock = new SkippableClock();
  private readonly running: NotificationDispatcher[] = [];
  private readonly mailers: Mailer[] = [];

  private constructor(
    readonly dir: string,
    readonly store: LibsqlEventStore,
    readonly customers: LibsqlCustomerStore,
    readonly server: SmtpTestServer,
  ) {}

  static async open(): Promise<NotifierBench> {
    const dir = await mkdtemp(join(tmpdir(), 'vigia-notifications-'));
    const customers = await LibsqlCustomerStore.open(dir);
    await customers.save([CUSTOMER]);
    return new NotifierBench(dir, await LibsqlEventStore.open(dir, { clock: systemClock }), customers, await SmtpTestServer.start());
  }

  get mailbox(): string {
    return join(this.dir, 'mailbox');
  }

  /** A started dispatcher that sends by SMTP, unless told otherwise. */
  start(changes: DispatcherChanges = {}): NotificationDispatcher {
    const dispatcher = new NotificationDispatcher({
      store: this.store,
      customers: {
        find: async (id) => {
          if (this.customersAreDown) throw new CustomersUnavailable('the spec has taken it down');
          return this.customers.find(id);
        },
      },
      mailer: changes.mailer ?? this.smtp(),
      settings: { language: 'es', from: 'alarms@vigia.local', to: 'guard@vigia.local', consoleUrl: null },
      clock: this.clock,
      log: { warn: (_details, message) => void this.problems.push(message), error: (details) => void this.errors.push(details) },
      ...changes,
      policy: { ...POLICY, ...changes.policy },
    });
    this.running.push(dispatcher);
    dispatcher.start();
    return dispatcher;
  }

  smtp(): SmtpMailer {
    const mailer = new SmtpMailer(this.server.url, systemClock);
    this.mailers.push(mailer);
    return mailer;
  }

  async folder(): Promise<MailboxFolderMailer> {
    return MailboxFolderMailer.open(this.mailbox);
  }

  async folderMails(): Promise<ParsedMail[]> {
    const files = (await readdir(this.mailbox)).filter((file) => file.endsWith('.eml'));
    return Promise.all(files.map(async (file) => simpleParser(await readFile(join(this.mailbox, file)))));
  }

  /** The events of an alarm's e-mail, as `'Claimed 2 flagged'`. */
  async history(alarmId: string): Promise<string[]> {
    const lines: string[] = [];
    for await (const recorded of this.store.readStream(notificationStream(alarmId))) {
      const { type, data } = recorded as unknown as NotificationEvent;
      const attempt = 'attempt' in data ? ` ${data.attempt}` : '';
      lines.push(`${type.replace('Notification', '')}${attempt}${'possibleDuplicate' in data && data.possibleDuplicate ? ' flagged' : ''}`);
    }
    return lines;
  }

  async close(): Promise<void> {
    const stops = this.running.map((dispatcher) => dispatcher.stop());
    // No need to wait for those that a spec has left hanging.
    await systemClock.sleep(20);
    this.clock.skip(2000);
    await Promise.all(stops);
    await Promise.all(this.mailers.map((mailer) => mailer.close()));
    await this.server.stop();
    await this.store.close();
    await this.customers.close();
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** A store of one process that has died at a certain append: neither that one nor any later one happens. */
export function dyingAt(store: EventStore, isTheLast: (stream: string, types: readonly string[]) => boolean): EventStore {
  let isDead = false;
  return withAppend(store, async (append, stream, events, expected) => {
    isDead ||= isTheLast(stream, events.map((event) => event.type));
    return isDead ? new Promise(() => undefined) : append(stream, events, expected);
  });
}

/** A store whose appends go through `disturb`. */
export function withAppend(store: EventStore, disturb: (append: EventStore['append'], ...call: Parameters<EventStore['append']>) => ReturnType<EventStore['append']>): EventStore {
  const append: EventStore['append'] = store.append.bind(store);
  return new Proxy(store, {
    get(target, name) {
      if (name === 'append') return (...call: Parameters<EventStore['append']>) => disturb(append, ...call);
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Waits until `is` holds, with a limit that names what did not come. */
export async function eventually(what: string, is: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await is())) {
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
