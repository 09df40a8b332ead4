import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlarmTriggered } from '../../src/alarm-domain/alarm-events.js';
import { systemClock } from '../../src/clock.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { LibsqlEventStore } from '../../src/event-store/libsql-event-store.js';
import { LibsqlMessageLog } from '../../src/message-log/libsql-message-log.js';
import { COUNT_TOPIC, LogUnavailable, type LogRecord, type MessageLog } from '../../src/message-log/message-log.js';
import { CountPublisher, type CountPublisherOptions } from '../../src/projections/count-publisher.js';
import { alarmIdOf } from '../../src/projections/count-record.js';
import { waitFor } from './wait-for.js';

export interface CountRecord extends LogRecord {
  readonly partition: number;
}

/** The real log and event store on one folder, and publishers on them, one after the other. */
export class CountBench {
  readonly problems: string[] = [];
  private readonly running: CountPublisher[] = [];

  private constructor(
    readonly dir: string,
    readonly log: LibsqlMessageLog,
    readonly store: LibsqlEventStore,
  ) {}

  static async open(options: { maxLogBytes?: number } = {}): Promise<CountBench> {
    return CountBench.over(await mkdtemp(join(tmpdir(), 'vigia-count-')), options);
  }

  static async over(dir: string, options: { maxLogBytes?: number } = {}): Promise<CountBench> {
    const log = await LibsqlMessageLog.open(dir, { clock: systemClock, ...(options.maxLogBytes ? { maxFileBytes: options.maxLogBytes } : {}) });
    return new CountBench(dir, log, await LibsqlEventStore.open(dir, { clock: systemClock }));
  }

  start(changes: Partial<CountPublisherOptions> = {}): CountPublisher {
    const problem = (what: string, error: unknown): void => void this.problems.push(`${what}: ${String(error)}`);
    const publisher = new CountPublisher({ log: this.log, store: this.store, clock: systemClock, problem, ...changes });
    this.running.push(publisher);
    publisher.start();
    return publisher;
  }

  /** Starts a publisher, and stops it when no alarm is left to be published. */
  async runThrough(changes: Partial<CountPublisherOptions> = {}): Promise<CountPublisher> {
    const publisher = this.start(changes);
    await this.caughtUp(publisher);
    await publisher.stop();
    return publisher;
  }

  async caughtUp(publisher: CountPublisher): Promise<void> {
    await waitFor('the last alarm on COUNT', async () => {
      const { isCaughtUp, lagEvents } = await publisher.status();
      return isCaughtUp && lagEvents === 0;
    });
  }

  async records(): Promise<CountRecord[]> {
    const records: CountRecord[] = [];
    for (const { partition } of await this.log.describe(COUNT_TOPIC)) {
      for await (const record of this.log.read(COUNT_TOPIC, partition, 0)) records.push({ ...record, partition });
    }
    return records;
  }

  /** The alarms on COUNT, sorted; one that is there twice is named twice. */
  async alarmIds(): Promise<string[]> {
    return (await this.records()).map(alarmIdOf).filter((id) => id !== null).sort();
  }

  /** Ends everything; the folder stays. */
  async leave(): Promise<void> {
    await Promise.all(this.running.map((publisher) => publisher.stop()));
    await this.log.close();
    await this.store.close();
  }

  async close(): Promise<void> {
    await this.leave();
    await rm(this.dir, { recursive: true, force: true });
  }
}

export function idsOf(alarms: readonly AlarmTriggered[]): string[] {
  return alarms.map(({ data }) => data.alarmId).sort();
}

/** The store as seen by a process that dies before its first checkpoint of COUNT is stored. */
export function withoutCheckpoints(store: EventStore): EventStore {
  return changed(store, 'append', (append) => (stream, ...rest) => (stream.startsWith('checkpoint-count-') ? new Promise(() => undefined) : append(stream, ...rest)));
}

/** The log as seen by one whose connection breaks after every append before the `working`th: the answer is lost, the records are not. */
export function losingAnswers(log: MessageLog, working: number): MessageLog {
  let calls = 0;
  return changed(log, 'append', (append) => async (...call) => {
    const appended = await append(...call);
    if ((calls += 1) < working) throw new LogUnavailable('the answer was lost; it is not known whether the append was stored');
    return appended;
  });
}

function changed<T extends object, Name extends keyof T>(target: T, changedName: Name, change: (original: T[Name]) => T[Name]): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name, object);
      const bound: unknown = typeof value === 'function' ? value.bind(object) : value;
      return name === changedName ? change(bound as T[Name]) : bound;
    },
  });
}
