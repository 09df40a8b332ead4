import { statfs } from 'node:fs/promises';
import type { Supervision } from './alarm-life/supervision.js';
import type { Clock } from './clock.js';
import type { HealthPart, HealthReport, Health } from './console/health-report.js';
import type { EventStore } from './event-store/event-store.js';
import { LimitedAsking } from './event-store/limited-asking.js';
import type { ConsumerLag } from './ingestion/consumer-lag.js';
import { countRecords, undrainedPartitions } from './ingestion/undrained.js';
import { SENSOR_TOPICS, type MessageLog } from './message-log/message-log.js';

/** An event store that takes longer to answer counts as away. */
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

export interface ProcessingHealthParts {
  readonly log: MessageLog;
  readonly store: EventStore;
  readonly lag: ConsumerLag;
  readonly supervision: Pick<Supervision, 'status'>;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly progressing: Progressing;
  /** Whether this process has role `process`. */
  readonly processes: boolean;
}

/** How the way from the log to the events is, in the order of the flow: all that a process with role `process` alone has. */
export class ProcessingHealth implements Health {
  private readonly askingHead: LimitedAsking;
  private readonly askingReceipts: LimitedAsking;

  constructor(private readonly parts: ProcessingHealthParts) {
    this.askingHead = new LimitedAsking(parts.clock, STORE_ANSWER_MS);
    this.askingReceipts = new LimitedAsking(parts.clock, STORE_ANSWER_MS);
  }

  async report(): Promise<HealthReport> {
    const [ingestion, eventStore, disk] = await Promise.all([this.ingestion(), this.eventStore(), this.disk()]);
    return { parts: [this.start(), this.messageLog(), ingestion, ...this.supervision(), eventStore, disk] };
  }

  /** Why the event store can't be used, null when it answers. */
  async storeFailure(): Promise<string | null> {
    try {
      await this.askingHead.ask(() => this.parts.store.headPosition());
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Records that the log deleted before they were processed. */
  get lostRecords(): number {
    return this.parts.progressing.lostRecords;
  }

  /** Bytes that are free where the data folder is. */
  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.parts.dataDir);
    return bavail * bsize;
  }

  private start(): HealthPart {
    const { startingWith } = this.parts.progressing;
    return startingWith === null
      ? { name: 'application', status: 'up', detail: 'started' }
      : { name: 'application', status: 'degraded', detail: `starting: ${startingWith}` };
  }

  private messageLog(): HealthPart {
    const why = this.parts.log.unavailable();
    return why === null ? { name: 'message-log', status: 'up', detail: 'takes readings' } : { name: 'message-log', status: 'down', detail: why };
  }

  private async eventStore(): Promise<HealthPart> {
    const name = 'event-store';
    const why = await this.storeFailure();
    return why === null ? { name, status: 'up', detail: 'answers' } : { name, status: 'down', detail: `${why}; readings wait in the log` };
  }

  private async ingestion(): Promise<HealthPart> {
    const name = 'ingestion';
    if (!this.parts.processes) return this.ingestionElsewhere(name);
    const { consumerFailure, startingWith, lostRecords, assignment } = this.parts.progressing;
    if (consumerFailure !== null) return { name, status: 'down', detail: consumerFailure };
    const isWaiting = startingWith !== null;
    if (!isWaiting && assignment === null) return { name, status: 'degraded', detail: 'waits for its partitions' };
    let lagEvents: number;
    try {
      const lags = await this.parts.lag.byPartition();
      // Of every topic: while OK alone is open, nothing is known of the readings that wait.
      const isOpen = (number: number): boolean => SENSOR_TOPICS.every((topic) => lags.some((lag) => lag.topic === topic && lag.partition === number));
      const toOpen = (assignment ?? []).filter((number) => !isOpen(number));
      if (toOpen.length > 0) return { name, status: 'degraded', detail: `begins with partition ${toOpen.join(', ')}` };
      lagEvents = lags.reduce((sum, { records }) => sum + records, 0);
    } catch (error) {
      return { name, status: 'degraded', detail: `the message log does not say where it ends: ${String(error)}` };
    }
    if (lostRecords > 0) return { name, status: 'degraded', detail: `${lostRecords} records were deleted from the log before they were processed`, lagEvents };
    return { name, status: 'up', detail: isWaiting ? 'begins after the start' : `${lagEvents} records behind the log`, lagEvents };
  }

  /** Told by who hears of the sensors. */
  private supervision(): HealthPart[] {
    if (!this.parts.processes) return [];
    const { supervised, silent, held } = this.parts.supervision.status();
    const detail = `${supervised} sensors supervised, ${silent} silent`;
    return [held === 0 ? { name: 'supervision', status: 'up', detail } : { name: 'supervision', status: 'degraded', detail: `${detail}; ${held} grew silent together: a fault of the path to us?` }];
  }

  /** As the receipts of the processes tell that do it. */
  private async ingestionElsewhere(name: string): Promise<HealthPart> {
    const { log, store } = this.parts;
    try {
      const lagEvents = countRecords(await this.askingReceipts.ask(() => undrainedPartitions(log, store)));
      return { name, status: 'up', detail: `done by other processes, whose receipts are ${lagEvents} records behind the log`, lagEvents };
    } catch (error) {
      return { name, status: 'degraded', detail: `done by other processes; how far they are is not known: ${String(error)}` };
    }
  }

  private async disk(): Promise<HealthPart> {
    const free = await this.freeBytes();
    const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free in the data folder`;
    return { name: 'disk', status: free < LOW_DISK_BYTES ? 'degraded' : 'up', detail };
  }
}
