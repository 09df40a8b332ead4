import type { Clock } from './clock.js';
import type { HealthPart, HealthReport, Health } from './console/health-report.js';
import type { CustomerStore } from './customers/customer-store.js';
import { LimitedAsking } from './event-store/limited-asking.js';
import type { LeasedRole, LeaseStatus } from './leases/leased-role.js';
import type { NotificationDispatcher } from './notifications/notification-dispatcher.js';
import type { CountPublisher } from './projections/count-publisher.js';
import type { AlarmReads } from './projections/alarm-reads.js';
import type { ProcessingHealth } from './processing-health.js';
import type { InfluxModels } from './projections/influx/influx-models.js';
import type { ProjectionRunner, ProjectionStatus } from './projections/projection-runner.js';

/** More than this behind, a part is degraded: an operator would notice the delay. */
const LATE_SECONDS = 30;

/** A ring that lacks nodes may take long for a count of all customers, which is only to be shown. */
const COUNT_LIMIT_MS = 2_000;

export interface SystemHealthParts {
  readonly processing: ProcessingHealth;
  readonly projections: ProjectionRunner;
  readonly influx: Pick<InfluxModels, 'client' | 'writer'> | null;
  /** Null where this process has not the role. */
  readonly counting: LeasedRole<CountPublisher> | null;
  readonly notifying: LeasedRole<NotificationDispatcher> | null;
  readonly alarms: Pick<AlarmReads, 'parkedMails'>;
  readonly customers: Pick<CustomerStore, 'count' | 'impairment'>;
  readonly clock: Clock;
}

/** Asks each part how it is: processing, then what is made of the events. */
export class SystemHealth implements Health {
  private readonly counting: LimitedAsking;

  constructor(private readonly parts: SystemHealthParts) {
    this.counting = new LimitedAsking(parts.clock, COUNT_LIMIT_MS, 'the customer store');
  }

  async report(): Promise<HealthReport> {
    const [processing, readModels, influx, countTopic, customers] = await Promise.all([this.parts.processing.report(), this.readModels(), this.influxModels(), this.countTopic(), this.customerStore()]);
    return { parts: [...processing.parts, ...readModels, ...influx, ...countTopic, ...this.mail(), customers] };
  }

  private async readModels(): Promise<HealthPart[]> {
    return (await this.parts.projections.status()).map(readModelPart);
  }

  /** Nothing waits for InfluxDB, and map and counts are answered without it. */
  private async influxModels(): Promise<HealthPart[]> {
    if (this.parts.influx === null) return [];
    const { client, writer } = this.parts.influx;
    const why = client.failure();
    const server: HealthPart = { name: 'influxdb', status: why === null ? 'up' : 'degraded', detail: why === null ? writingDetail(writer, client.totals.lines) : `${why}; map and counts are the embedded ones` };
    const models = ((await writer?.runner.status()) ?? []).map(readModelPart);
    return [server, ...models.map((part): HealthPart => (part.status === 'down' ? { ...part, status: 'degraded' } : part))];
  }

  private async countTopic(): Promise<HealthPart[]> {
    const name = 'count-topic';
    const { counting } = this.parts;
    if (counting === null) return [];
    const { work } = counting;
    if (work === null) return [elsewhere(name, counting.status())];
    const { lagEvents, lagSeconds, unreadable, lastError } = await work.status();
    const isLate = lagSeconds > LATE_SECONDS;
    const detail = [`${lagEvents} alarms to be published`, unreadable > 0 ? `${unreadable} unreadable` : '', lastError ?? ''];
    return [{
      name,
      status: isLate || unreadable > 0 || lastError !== null ? 'degraded' : 'up',
      detail: detail.filter((text) => text !== '').join('; '),
      lagEvents,
      lagSeconds,
    }];
  }

  private mail(): HealthPart[] {
    const { notifying } = this.parts;
    if (notifying === null) return [];
    const { work } = notifying;
    if (work === null) return [elsewhere('notifications', notifying.status())];
    const { pending, lagMs, parked: parkedSinceStart, followUpsGivenUp, lastError } = work.status();
    const parked = this.parkedMails() ?? parkedSinceStart;
    const isLate = lagMs > LATE_SECONDS * 1000;
    const detail = [`${pending} e-mails pending`, parked > 0 ? `${parked} parked` : '', followUpsGivenUp > 0 ? `${followUpsGivenUp} follow-ups given up` : '', isLate && lastError ? lastError.message : ''];
    return [{
      name: 'notifications',
      status: isLate || parked > 0 ? 'degraded' : 'up',
      detail: detail.filter((text) => text !== '').join('; '),
      lagEvents: pending,
      lagSeconds: lagMs / 1000,
    }];
  }

  /** Null while the read model can't be asked. */
  private parkedMails(): number | null {
    try {
      return this.parts.alarms.parkedMails();
    } catch {
      return null;
    }
  }

  private async customerStore(): Promise<HealthPart> {
    const name = 'customers';
    const impairment = this.parts.customers.impairment();
    const lacking = impairment === null ? '' : `; ${impairment}`;
    try {
      return { name, status: impairment === null ? 'up' : 'degraded', detail: `${await this.counting.ask(() => this.parts.customers.count())} customers${lacking}` };
    } catch (error) {
      return { name, status: 'degraded', detail: `${error instanceof Error ? error.message : String(error)}${lacking}` };
    }
  }
}

/** Who writes to an InfluxDB that answers. */
function writingDetail(writer: InfluxModels['writer'], lines: number): string {
  if (writer === null) return 'read here, written by a process with role project';
  return writer.role.work === null ? elsewhere('influxdb', writer.role.status()).detail : `${lines} lines written`;
}

/** A part whose work another process does, or nobody yet. */
function elsewhere(name: string, { state, owner, term, lastError }: LeaseStatus): HealthPart {
  if (state !== 'standby') return { name, status: 'up', detail: 'begins after the start' };
  if (lastError !== null) return { name, status: 'degraded', detail: lastError };
  return { name, status: 'up', detail: owner === null ? 'waits for its lease' : `done by ${owner}, term ${term}` };
}

function readModelPart({ name, running, lagEvents, lagSeconds, parked, lastError }: ProjectionStatus): HealthPart {
  const isLate = lagSeconds > LATE_SECONDS;
  const detail = [`${lagEvents} events behind`, parked > 0 ? `${parked} events parked` : '', lastError ?? ''].filter((text) => text !== '').join('; ');
  const status = !running ? 'down' : isLate || parked > 0 || lastError !== null ? 'degraded' : 'up';
  return { name: `projection ${name}`, status, detail: running ? detail : `stopped; ${detail}`, lagEvents, lagSeconds };
}
