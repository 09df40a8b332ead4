import { setImmediate as nextTurn } from 'node:timers/promises';
import { READING_EVENT_TYPES, type ReadingEvent } from '../alarm-domain/alarm-events.js';
import { abnormalTypes } from '../alarm-domain/reading.js';
import { positionKey, type SourcePosition } from '../alarm-domain/source-position.js';
import { decodeSensorEvent } from '../event-store/sensor-stream.js';
import type { EventStore } from '../event-store/event-store.js';
import { SENSOR_TOPICS, type LogRecord, type MessageLog, type PartitionRange, type SensorTopic } from '../message-log/message-log.js';
import type { DeadLetters } from './dead-letters.js';
import { isNormalReading } from './normal-reading.js';
import { receiptStream, RECEIPT_EVENT_TYPE, type Receipt } from './receipt.js';
import { toSensorMessage } from './sensor-message.js';

/**
 * What became of every record that ENTRY and OK ever got (P2). Sound when `unaccounted` and `doubled` are 0.
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

/** Lines of some 100 bytes; the sums are whole all the same. */
export const MOST_PROBLEMS = 10_000;

/** The running sums of a reconciliation. */
class Tally {
  records = 0;
  normal = 0;
  events = 0;
  ignored: Record<string, number> = {};
  deadLettered = 0;
  unaccounted = 0;
  doubled = 0;
  readonly problems: string[] = [];

  lost(records: number, problem: string): void {
    this.unaccounted += records;
    this.note(problem);
  }

  twice(records: number, problem: string): void {
    this.doubled += records;
    this.note(problem);
  }

  private note(problem: string): void {
    if (this.problems.length < MOST_PROBLEMS) this.problems.push(problem);
  }
}

/** Outcome of the offsets that the receipts of a partition name; an offset not in it, below `next`, was normal. */
interface PartitionOutcomes {
  /** The last one that there are receipts of. */
  readonly epoch: number;
  /** Where its first receipt begins: what lies before it was never this application's. */
  readonly first: number;
  /** Offsets of earlier epochs, whose records the log has lost. */
  readonly earlier: number;
  readonly named: Map<number, string>;
  next: number;
}

/** Times of the log, in milliseconds since 1970 UTC, both inclusive. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export const ALL_TIMES: TimeRange = { fromMs: 0, toMs: Infinity };

/** Tells how far a long run is. */
export type Progress = (done: number, of: number, what: string) => void;

interface PartitionToCount {
  readonly topic: SensorTopic;
  readonly partition: number;
  readonly startOffset: number;
  /** What is counted ends here: where the log ended at the call, or later when a receipt covers more. */
  readonly endOffset: number;
  readonly outcomes: PartitionOutcomes;
}

/**
 * Adds up the receipts, then checks them against the events, the dead letters and the records themselves:
 * each record still in the log is read again by the full parser.
 *
 * `settle` is awaited once the end of the log has been noted, so that what was accepted before it can be
 * processed; records that come later are left out unless a receipt already covers them. Of a range those receipts are added up
 * whose last record was appended in it.
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
  const ranges: (PartitionRange & { topic: SensorTopic })[] = [];
  for (const topic of SENSOR_TOPICS) {
    for (const partition of await log.describe(topic)) ranges.push({ topic, ...partition });
  }
  await settle();
  // Receipts first: whatever they name was stored before them.
  const partitions: PartitionToCount[] = [];
  for (const partition of ranges) {
    const outcomes = await addReceipts(store, log.identity, partition, tally, range);
    partitions.push({ ...partition, endOffset: range.toMs === Infinity ? Math.max(partition.endOffset, outcomes.next) : outcomes.next, outcomes });
  }
  const letters = new Set<string>();
  for await (const letter of deadLetters.list()) letters.add(positionKey(letter.source));
  const events = await eventsBySource(store, log.identity, tally);

  const total = partitions.reduce((sum, { startOffset, endOffset }) => sum + endOffset - startOffset, 0);
  let read = 0;
  for (const { topic, partition, startOffset, endOffset, outcomes } of partitions) {
    const where = `${topic}-${partition}`;
    const sourceOf = (offset: number): SourcePosition => ({ log: log.identity, topic, partition, epoch: outcomes.epoch, offset });
    const name = (offset: number) => positionKey(sourceOf(offset));
    // The first epoch begins with what is there at the time, and from then on the log only loses records.
    const begin = outcomes.earlier === 0 && range.fromMs === 0 ? Math.min(startOffset, outcomes.first) : outcomes.first;
    if (begin < outcomes.first) tally.lost(outcomes.first - begin, `${where}: no receipt for offsets ${begin} to ${outcomes.first - 1}`);
    tally.records += endOffset - begin + outcomes.earlier;
    if (outcomes.next < endOffset) tally.lost(endOffset - outcomes.next, `${where}: no receipt for offsets ${outcomes.next} to ${endOffset - 1}`);
    for (const [offset, outcome] of outcomes.named) {
      const hasEvents = events.delete(name(offset));
      if (outcome === 'events' && !hasEvents) tally.lost(1, `${where} offset ${offset}: the receipt says events, the event store has none`);
      if (outcome !== 'events' && hasEvents) tally.twice(1, `${where} offset ${offset}: has events, the receipt says ${outcome}`);
      if (outcome === 'dead-lettered' && !letters.has(name(offset))) tally.lost(1, `${where} offset ${offset}: the dead letter is missing`);
    }
    for await (const record of log.read(topic, partition, Math.max(startOffset, outcomes.first), outcomes.next)) {
      const problem = contradiction(record, sourceOf(record.offset), outcomes.named.get(record.offset) ?? 'normal');
      if (problem !== null) tally.lost(1, `${where} offset ${record.offset}: ${problem}`);
      read += 1;
      if (read % 5000 === 0) {
        onProgress(read, total, 'records');
        await nextTurn();
      }
    }
  }
  for (const [key, source] of events) {
    const partition = partitions.find(({ topic, partition: number, outcomes }) => topic === source.topic && number === source.partition && outcomes.epoch === source.epoch);
    if (partition && source.offset >= partition.outcomes.first && source.offset < partition.outcomes.next) tally.twice(1, `${key}: has events, the receipts do not name it`);
  }
  onProgress(total, total, 'records');
  const { records, normal, events: withEvents, ignored, deadLettered, unaccounted, doubled, problems } = tally;
  return { records, normal, events: withEvents, ignored, deadLettered, unaccounted, doubled, problems };
}

/** Adds up the receipts of one partition and checks that they leave no gap and do not overlap. */
async function addReceipts(
  store: EventStore,
  log: string,
  { topic, partition, startOffset }: { readonly topic: SensorTopic; readonly partition: number; readonly startOffset: number },
  tally: Tally,
  { fromMs, toMs }: TimeRange,
): Promise<PartitionOutcomes> {
  let outcomes: PartitionOutcomes | null = null;
  let before = startOffset;
  const where = `${topic}-${partition}`;
  for await (const event of store.readStream(receiptStream(log, topic, partition))) {
    const receipt = event.data as Receipt;
    if (event.type !== RECEIPT_EVENT_TYPE) continue;
    if (receipt.lastAppendedAtMs < fromMs) {
      before = receipt.last + 1;
      continue;
    }
    if (receipt.lastAppendedAtMs > toMs) break;
    if (outcomes === null || outcomes.epoch !== receipt.epoch) outcomes = beginEpoch(outcomes, receipt);
    const { named: outcomeOf } = outcomes;
    if (receipt.first > outcomes.next) tally.lost(receipt.first - outcomes.next, `${where}: no receipt for offsets ${outcomes.next} to ${receipt.first - 1}`);
    if (receipt.first < outcomes.next) tally.twice(outcomes.next - receipt.first, `${where}: two receipts for offsets ${receipt.first} to ${outcomes.next - 1}`);
    outcomes.next = receipt.last + 1;

    let named = 0;
    const take = (offsets: readonly number[], outcome: string): number => {
      for (const offset of offsets) {
        if (outcomeOf.has(offset)) tally.twice(1, `${where} offset ${offset}: ${outcome} and ${outcomeOf.get(offset)}`);
        outcomeOf.set(offset, outcome);
      }
      named += offsets.length;
      return offsets.length;
    };
    tally.normal += receipt.normal;
    tally.events += take(receipt.events, 'events');
    for (const [reason, offsets] of Object.entries(receipt.ignored)) tally.ignored[reason] = (tally.ignored[reason] ?? 0) + take(offsets, reason);
    tally.deadLettered += take(receipt.deadLettered, 'dead-lettered');
    tally.records -= take(receipt.skipped, 'skipped'); // offsets without a record
    const missing = receipt.last - receipt.first + 1 - named - receipt.normal;
    if (missing > 0) tally.lost(missing, `${where}: the receipt for offsets ${receipt.first} to ${receipt.last} leaves out ${missing}`);
    if (missing < 0) tally.twice(-missing, `${where}: the receipt for offsets ${receipt.first} to ${receipt.last} has ${-missing} too many`);
  }
  return outcomes ?? { epoch: 0, first: before, earlier: 0, named: new Map(), next: before };
}

function beginEpoch(before: PartitionOutcomes | null, { epoch, first }: Receipt): PartitionOutcomes {
  const earlier = before === null ? 0 : before.earlier + before.next - before.first;
  return { epoch, first, earlier, named: new Map(), next: first };
}

/** The sources of all sensor events from this log. */
async function eventsBySource(store: EventStore, log: string, tally: Tally): Promise<Map<string, SourcePosition>> {
  const sources = new Map<string, SourcePosition>();
  const facts = new Set<string>();
  for await (const recorded of store.readAll({ filter: { types: READING_EVENT_TYPES } })) {
    const event = decodeSensorEvent(recorded) as ReadingEvent;
    const { source } = event.metadata;
    if (source.log !== log) continue;
    const key = positionKey(source);
    const fact = `${key}|${factOf(event)}`;
    if (facts.has(fact)) tally.twice(1, `${key}: ${factOf(event)} is there twice`);
    facts.add(fact);
    sources.set(key, source);
  }
  return sources;
}

function factOf(event: ReadingEvent): string {
  if (event.type === 'StrikesCleared') return event.type;
  const fact = `${event.type} of ${event.data.alarmType}`;
  // One OK may come after several readings that are strikes.
  return event.type === 'StrikeRecorded' ? `${fact} by ${positionKey(event.data.evidence.source)}` : fact;
}

/** Why a record can't have the outcome that its receipt gives it; null when it can. */
function contradiction(record: LogRecord, source: SourcePosition, outcome: string): string | null {
  const { value } = record;
  if (source.topic === 'ENTRY' && outcome === 'normal' && value !== null && isNormalReading(value, 0, value.length)) return null;
  const message = toSensorMessage(record, source);
  if (message.type === 'unreadable') return outcome === 'dead-lettered' ? null : `can't be read, but counts as ${outcome}`;
  if (outcome === 'dead-lettered') return 'can be read, but is a dead letter';
  const isNormal = message.type === 'reading' && abnormalTypes(message.reading).length === 0;
  if (outcome === 'normal' && !isNormal) return 'is not normal, but counts as normal';
  return null;
}
