import { statfs } from 'node:fs/promises';
import type { Clock } from './clock.js';
import type { HealthPart, HealthReport, Health } from './console/health-report.js';
import type { CustomerStore } from './customers/customer-store.js';
import type { EventStore } from './event-store/event-store.js';
import { LimitedAsking } from './event-store/limited-asking.js';
import type { ConsumerLag } from './ingestion/consumer-lag.js';
import type { MessageLog } from './message-log/message-log.js';
import type { NotificationDispatcher } from './notifications/notification-dispatcher.js';
import type { CountPublisher } from './projections/count-publisher.js';
import type { AlarmReads } from './projections/alarm-reads.js';
import type { ProjectionRunner } from './projections/projection-runner.js';

/** More than this behind, a part is degraded: an operator would notice the delay. */
const LATE_SECONDS = 30;

/** An event store that takes longer to say where it ends counts as away. */
const STORE_ANSWER_MS = 2000;

/** Below this the databases may soon be refused room. */
const LOW_DISK_BYTES = 1024 ** 3;

/** What the application is doing, told by itself. */
export interface Progressing {
  /** Null when it has been started fully. */
  readonly startingWith: string | null;
  /** Why the log is no longer consumed, null while it is. */
  readonly consumerFailure: string | null;
  /** Records that the log deleted before they were processed. */
  readonly lostRecords: number;
  /** The partition numbers that this process works on, null while that is not settled. */
  readonly assignment: readonly number[] | null;
}

/** Asks each part how it is, in the order of the flow. */
export class SystemHealth implements Health {
  private readonly asking: LimitedAsking;

  constructor(
    private readonly log: MessageLog,
    private readonly store: EventStore,
    private readonly lag: ConsumerLag,
    private readonly projections: ProjectionRunner,
    private readonly count: CountPublisher,
    private readonly notifications: NotificationDispatcher,
    private readonly alarms: Pick<AlarmReads, 'parkedMails'>,
    private readonly customers: CustomerStore,
    private readonly dataDir: string,
    private readonly clock: Clock,
    private readonly progressing: Progressing,
  ) {
    this.asking = new LimitedAsking(clock, STORE_ANSWER_MS);
  }

  async report(): Promise<HealthReport> {
    const [ingestion, eventStore, readModels, countTopic, customers, disk] = await Promise.all([
      this.ingestion(), this.eventStore(), this.readModels(), this.countTopic(), this.customerStore(), this.disk(),
    ]);
    return { parts: [this.start(), this.messageLog(), ingestion, eventStore, ...readModels, countTopic, this.mail(), customers, disk] };
  }

  /** Why the event store can't be used, null when it answers. */
  async storeFailure(): Promise<string | null> {
    try {
      await this.asking.ask(() => this.store.headPosition());
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  private start(): HealthPart {
    const { startingWith } = this.progressing;
    return startingWith === null
      ? { name: 'application', status: 'up', detail: 'started' }
      : { name: 'application', status: 'degraded', detail: `starting: ${startingWith}` };
  }

  private messageLog(): HealthPart {
    const why = this.log.unavailable();
    return why === null ? { name: 'message-log', status: 'up', detail: 'takes readings' } : { name: 'message-log', status: 'down', detail: why };
  }

  private async eventStore(): Promise<HealthPart> {
    const name = 'event-store';
    const why = await this.storeFailure();
    return why === null ? { name, status: 'up', detail: 'answers' } : { name, status: 'down', detail: `${why}; readings wait in the log` };
  }

  private async ingestion(): Promise<HealthPart> {
    const name = 'ingestion';
    const { consumerFailure, startingWith, lostRecords, assignment } = this.progressing;
    if (consumerFailure !== null) return { name, status: 'down', detail: consumerFailure };
    const isWaiting = startingWith !== null;
    if (!isWaiting && assignment === null) return { name, status: 'degraded', detail: 'waits for its partitions' };
    let lagEvents: number;
    try {
      const lags = await this.lag.byPartition();
      const opened = new Set(lags.map(({ partition }) => partition));
      const toOpen = (assignment ?? []).filter((number) => !opened.has(number));
      if (toOpen.length > 0) return { name, status: 'degraded', detail: `begins with partition ${toOpen.join(', ')}` };
      lagEvents = lags.reduce((sum, { records }) => sum + records, 0);
    } catch (error) {
      return { name, status: 'degraded', detail: `the message log does not say where it ends: ${String(error)}` };
    }
    if (lostRecords > 0) return { name, status: 'degraded', detail: `${lostRecords} records were deleted from the log before they were processed`, lagEvents };
    return { name, status: 'up', detail: isWaiting ? 'begins after the start' : `${lagEvents} records behind the log`, lagEvents };
  }

  private async readModels(): Promise<HealthPart[]> {
    const statuses = await this.projections.status();
    return statuses.map(({ name, running, lagEvents, lagSeconds, parked, lastError }) => {
      const isLate = lagSeconds > LATE_SECONDS;
      const detail = [`${lagEvents} events behind`, parked > 0 ? `${parked} events parked` : '', lastError ?? ''].filter((text) => text !== '').join('; ');
      const status = !running ? 'down' : isLate || parked > 0 || lastError !== null ? 'degraded' : 'up';
      return { name: `projection ${name}`, status, detail: running ? detail : `stopped; ${detail}`, lagEvents, lagSeconds };
    });
  }

  private async countTopic(): Promise<HealthPart> {
    const name = 'count-topic';
    const { running, lagEvents, lagSeconds, unreadable, lastError } = await this.count.status();
    if (!running) return { name, status: 'up', detail: 'begins after the start' };
    const isLate = lagSeconds > LATE_SECONDS;
    const detail = [`${lagEvents} alarms to be published`, unreadable > 0 ? `${unreadable} unreadable` : '', lastError ?? ''];
    return {
      name,
      status: isLate || unreadable > 0 || lastError !== null ? 'degraded' : 'up',
      detail: detail.filter((text) => text !== '').join('; '),
      lagEvents,
      lagSeconds,
    };
  }

  private mail(): HealthPart {
    const { pending, lagMs, parked: parkedSinceStart, lastError } = this.notifications.status();
    const parked = this.parkedMails() ?? parkedSinceStart;
    const isLate = lagMs > LATE_SECONDS * 1000;
    const detail = [`${pending} e-mails pending`, parked > 0 ? `${parked} parked` : '', isLate && lastError ? lastError.message : ''];
    return {
      name: 'notifications',
      status: isLate || parked > 0 ? 'degraded' : 'up',
      detail: detail.filter((text) => text !== '').join('; '),
      lagEvents: pending,
      lagSeconds: lagMs / 1000,
    };
  }

  /** Null while the read model can't be asked. */
  private parkedMails(): number | null {
    try {
      return this.alarms.parkedMails();
    } catch {
      return null;
    }
  }

  private async customerStore(): Promise<HealthPart> {
    const name = 'customers';
    const impairment = this.customers.impairment();
    const lacking = impairment === null ? '' : `; ${impairment}`;
    try {
      return { name, status: impairment === null ? 'up' : 'degraded', detail: `${await this.customers.count()} customers${lacking}` };
    } catch (error) {
      return { name, status: 'degraded', detail: `${String(error)}${lacking}` };
    }
  }

  private async disk(): Promise<HealthPart> {
    const { bavail, bsize } = await statfs(this.dataDir);
    const free = bavail * bsize;
    const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free in the data folder`;
    return { name: 'disk', status: free < LOW_DISK_BYTES ? 'degraded' : 'up', detail };
  }
}
