import { setImmediate as nextTurn } from 'node:timers/promises';
import { abnormalTypes } from '../alarm-domain/reading.js';
import type { SourcePosition } from '../alarm-domain/source-position.js';
import type { EventStore } from '../event-store/event-store.js';
import { SENSOR_TOPICS, type LogRecord, type MessageLog, type PartitionRange, type SensorTopic } from '../message-log/message-log.js';
import type { DeadLetters } from './dead-letters.js';
import { bytesDigest, holdEvents, holdLetters, type EpochToCheck } from './reconcile-outcomes.js';
import { addReceipts } from './reconcile-receipts.js';
import { ALL_TIMES, Tally, type TimeRange } from './reconcile-tally.js';
import { toSensorMessage } from './sensor-message.js';

/**
 * What became of every record that ENTRY and OK ever got (P2), or got in a range of time. Sound when `unaccounted` and `doubled` are 0.
 *
 * Shape: `{"records":13000,"normal":12870,"events":110,"ignored":{"alarm-open":20},"deadLettered":0,
 * "unaccounted":0,"doubled":0,"problems":[]}`; `events` counts the records that yielded events.
 */
export interface Reconciliation {
  readonly records: number;
  readonly normal: number;
  readonly events: number;
  readonly ignored: Readonly<Record<string, number>>;
  readonly deadLettered: number;
  /** Records of which nothing is known, or whose outcome is not there. */
  readonly unaccounted: number;
  /** Records with two outcomes, or with one event twice. */
  readonly doubled: number;
  /** The differences, a line each; the first ten thousand. */
  readonly problems: readonly string[];
}

/** Tells how far a long run is. */
export type Progress = (done: number, of: number, what: string) => void;

/**
 * Adds up the receipts, then checks them against the events, the dead letters and the records themselves: each record
 * still in the log is read again by the full parser, that of a dead letter is compared with it. So are those of before a restore.
 *
 * `settle` is awaited once the end of the log has been noted, so that what was accepted before it can be
 * processed; records that come later are left out unless a receipt already covers them. Of a range those receipts are
 * added up whose last record was appended in it, and the records appended in it that no receipt covers.
 *
 * In memory are the records in the range that were not normal, some 100 bytes each, and their events and dead letters.
 */
export async function reconcile(
  log: MessageLog,
  store: EventStore,
  deadLetters: DeadLetters,
  onProgress: Progress = () => undefined,
  settle: () => Promise<void> = () => Promise.resolve(),
  range: TimeRange = ALL_TIMES,
): Promise<Reconciliation> {
  const tally = new Tally();
  const partitions: (PartitionRange & { topic: SensorTopic })[] = [];
  for (const topic of SENSOR_TOPICS) {
    for (const partition of await log.describe(topic)) partitions.push({ topic, ...partition });
  }
  await settle();
  // Receipts first: whatever they name was stored before them.
  const epochs: EpochToCheck[] = [];
  for (const partition of partitions) {
    for (const receipts of await addReceipts(log, store, partition, tally, range)) epochs.push({ ...partition, ...receipts, events: new Map(), letters: new Map() });
  }
  await holdLetters(deadLetters, log.identity, epochs);
  await holdEvents(store, log.identity, epochs, tally);

  const total = epochs.flatMap(readableRuns).reduce((sum, { first, next }) => sum + next - first, 0);
  let read = 0;
  for (const epoch of epochs) {
    const { topic, partition, named, letters } = epoch;
    const where = `${topic}-${partition}`;
    checkNamed(epoch, where, tally);
    for (const run of readableRuns(epoch)) {
      for await (const record of log.read(topic, partition, run.first, run.next)) {
        const source = { log: log.identity, topic, partition, epoch: epoch.epoch, offset: record.offset };
        const problem = contradiction(record, source, named.get(record.offset) ?? 'normal', letters.get(record.offset));
        if (problem !== null) tally.lost(1, `${where} offset ${record.offset}: ${problem}`);
        read += 1;
        if (read % 5000 === 0) {
          onProgress(read, total, 'records');
          await nextTurn();
        }
      }
    }
  }
  onProgress(total, total, 'records');
  const { records, normal, events, ignored, deadLettered, unaccounted, doubled, problems } = tally;
  return { records, normal, events, ignored, deadLettered, unaccounted, doubled, problems };
}

/** What the log still has of the epoch's records. */
function readableRuns({ runs, startOffset, ceiling }: EpochToCheck): { first: number; next: number }[] {
  return runs.map(({ first, next }) => ({ first: Math.max(first, startOffset), next: Math.min(next, ceiling) })).filter(({ first, next }) => next > first);
}

/** Holds what the receipts name against what is stored. */
function checkNamed({ named, events, letters }: EpochToCheck, where: string, tally: Tally): void {
  for (const [offset, outcome] of named) {
    const hasEvents = events.delete(offset);
    if (outcome === 'events' && !hasEvents) tally.lost(1, `${where} offset ${offset}: the receipt says events, the event store has none`);
    if (outcome !== 'events' && hasEvents) tally.twice(1, `${where} offset ${offset}: has events, the receipt says ${outcome}`);
    if (outcome === 'dead-lettered' && !letters.has(offset)) tally.lost(1, `${where} offset ${offset}: the dead letter is missing`);
  }
  for (const offset of events.keys()) tally.twice(1, `${where} offset ${offset}: has events, the receipts do not name it`);
}

/** Why a record can't have the outcome that its receipt gives it; null when it can. `letter`: the digest of its dead letter. */
function contradiction(record: LogRecord, source: SourcePosition, outcome: string, letter: string | undefined): string | null {
  const message = toSensorMessage(record, source);
  if (message.type === 'unreadable') {
    if (outcome !== 'dead-lettered') return `can't be read, but counts as ${outcome}`;
    return letter === undefined || letter === bytesDigest(record.value) ? null : 'the dead letter has other bytes';
  }
  if (outcome === 'dead-lettered') return 'can be read, but is a dead letter';
  const isNormal = message.type === 'reading' && abnormalTypes(message.reading).length === 0;
  if (outcome === 'normal' && !isNormal) return 'is not normal, but counts as normal';
  return null;
}
