import type { Clock } from '../clock.js';
import type { EventStore } from '../event-store/event-store.js';
import type { DeadLetter, DeadLetters } from '../ingestion/dead-letters.js';
import type { ReceiptBook } from '../ingestion/receipt-book.js';
import { reconcile, type Progress } from '../ingestion/reconcile.js';
import { MOST_PROBLEMS, type TimeRange } from '../ingestion/reconcile-tally.js';
import { lastReceipt } from '../ingestion/undrained.js';
import { SENSOR_TOPICS, type MessageLog, type PartitionRange, type SensorTopic } from '../message-log/message-log.js';
import { notificationStream } from '../alarm-domain/notification-events.js';
import type { Mailer } from '../notifications/mailer.js';
import { reconcileMails } from '../notifications/reconcile-mails.js';
import { retryParked } from '../notifications/retry-parked.js';
import { UnknownProjection, type ProjectionRunner, type OnRebuildProgress, type RebuildAllReport, type RebuildReport } from '../projections/projection-runner.js';
import type { FullReconciliation, Operations, RetryOutcome } from './operations.js';

/** How long a reconciliation waits for what was accepted before it to be processed. */
const SETTLE_LIMIT_MS = 10_000;
const SETTLE_POLL_MS = 50;

/** What rebuilds the read models of these names. */
export interface Rebuilder {
  readonly names: readonly string[];
  rebuild(name: string, onProgress: OnRebuildProgress): Promise<RebuildReport>;
  rebuildAll(onProgress: OnRebuildProgress): Promise<RebuildAllReport>;
}

/** The operations over the stores of this process. */
export class LocalOperations implements Operations {
  constructor(
    private readonly log: MessageLog,
    private readonly store: EventStore,
    private readonly deadLetters: DeadLetters,
    private readonly receipts: ReceiptBook,
    private readonly projections: readonly Rebuilder[],
    private readonly clock: Clock,
    /** Whether other processes may work on the log too. */
    private readonly isLogShared: boolean,
    private readonly readModels: Pick<ProjectionRunner, 'compare'>,
    /** Null where this process sends no mail. */
    private readonly mailer: Mailer | null,
  ) {}

  async rebuild(projection: string, onProgress: Progress): Promise<RebuildReport> {
    const rebuilder = this.projections.find(({ names }) => names.includes(projection));
    if (rebuilder === undefined) throw new UnknownProjection(projection, this.projections.flatMap(({ names }) => names));
    return rebuilder.rebuild(projection, onProgress);
  }

  /** Those of one store together, one store after the other. */
  async rebuildAll(onProgress: Progress): Promise<RebuildAllReport> {
    const reports: RebuildAllReport[] = [];
    for (const rebuilder of this.projections) reports.push(await rebuilder.rebuildAll(onProgress));
    const sum = (of: (report: RebuildAllReport) => number): number => reports.reduce((total, report) => total + of(report), 0);
    return { events: sum(({ events }) => events), durationMs: sum(({ durationMs }) => durationMs), readModels: reports.flatMap(({ readModels }) => readModels) };
  }

  async reconcile(range: TimeRange, onProgress: Progress): Promise<FullReconciliation> {
    const { store, mailer, clock } = this;
    const records = await reconcile(this.log, store, this.deadLetters, onProgress, () => this.settle(), range);
    const problems = [...records.problems];
    const onDifference = (line: string): void => {
      if (problems.length < MOST_PROBLEMS) problems.push(line);
    };
    const readModels = await this.readModels.compare(onProgress, onDifference);
    const emails = await reconcileMails({ store, mailer, clock, onProgress, onDifference }, range);
    return { ...records, readModels, emails, problems };
  }

  listDeadLetters(): AsyncIterable<DeadLetter> {
    return this.deadLetters.list();
  }

  replayDeadLetters(ids: readonly string[] | 'all'): Promise<number> {
    return this.deadLetters.replay(ids);
  }

  dropDeadLetters(ids: readonly string[] | 'all'): Promise<number> {
    return this.deadLetters.drop(ids);
  }

  async retryNotification(alarmId: string): Promise<RetryOutcome> {
    if (await retryParked(this.store, this.clock, alarmId, 'operator')) return 'requeued';
    for await (const _first of this.store.readStream(notificationStream(alarmId), { limit: 1 })) return 'not-parked';
    return 'unknown';
  }

  /** Waits until everything accepted so far has its receipt stored. */
  private async settle(): Promise<void> {
    const deadlineMs = this.clock.now() + SETTLE_LIMIT_MS;
    for (const topic of SENSOR_TOPICS) {
      for (const range of await this.log.describe(topic)) {
        while (this.clock.now() < deadlineMs && !(await this.isHandled(topic, range))) await this.clock.sleep(SETTLE_POLL_MS);
      }
    }
    await this.receipts.flush(true);
  }

  /** By this process or, as the receipts tell, by another; where nobody processes there is nothing to wait for. */
  private async isHandled(topic: SensorTopic, { partition, startOffset, endOffset }: PartitionRange): Promise<boolean> {
    if (this.receipts.isOpen(topic, partition)) return this.receipts.next(topic, partition) >= endOffset;
    if (!this.isLogShared) return true;
    const last = await lastReceipt(this.store, this.log.identity, topic, partition);
    return (last === null ? startOffset : last.last + 1) >= endOffset;
  }
}
