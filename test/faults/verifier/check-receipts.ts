import type { Outputs, OutputEvent } from './outputs.js';
import { placeOf, type Place } from './check-evidence.js';
import type { ExpectedRecord } from './reference-fold.js';

interface ReceiptData {
  readonly first: number;
  readonly last: number;
  readonly normal: number;
  readonly events: readonly number[];
  readonly ignored: Readonly<Record<string, readonly number[]>>;
  readonly deadLettered: readonly number[];
  readonly skipped: readonly number[];
}

const TOPICS = ['ENTRY', 'OK'];

/** P2: the receipts name every offset once, with the outcome that its record has by the rules; a dead letter has the record's bytes. */
export class ReceiptCheck {
  private readonly partitions = new Map<string, ReceiptedPartition>();
  private readonly found: string[] = [];
  private readonly isAllowed: OutcomeTest;

  constructor(private readonly outputs: Outputs) {
    this.isAllowed = outcomeTest(outputs);
    for (const topic of TOPICS) {
      for (const [partition] of (outputs.topics[topic] ?? []).entries()) {
        const where = `${topic}-${partition}`;
        this.partitions.set(where, readReceipts(where, receiptsOf(outputs, topic, partition), this.found));
      }
    }
  }

  /** Takes each record of the log, in any order. */
  see(expected: ExpectedRecord): void {
    const { topic, partition, record: { offset } } = expected;
    const where = `${topic}-${partition}`;
    const receipted = this.partitions.get(where) as ReceiptedPartition;
    const { outcomes, end } = receipted;
    const given = offset >= end ? 'nothing' : (outcomes.get(offset) ?? 'normal');
    if (given === 'normal') receipted.normalSeen += 1;
    if (!this.isAllowed(given, expected)) this.found.push(`${where} ${offset}: ${given}, expected ${expected.outcome}`);
    outcomes.delete(offset);
  }

  /** When all were seen; `expected`: at least those that are no readings in order. */
  problems(expected: readonly ExpectedRecord[]): string[] {
    // These are not named, so of one that nobody was told of only the number tells that the log had it and has it no longer.
    const lost = [...this.partitions].flatMap(([where, { normal, normalSeen }]) => (normal === normalSeen ? [] : [`${where}: the receipts have ${normal} normal readings, the log ${normalSeen}`]));
    const madeUp = [...this.partitions].flatMap(([where, { outcomes }]) =>
      [...outcomes].filter(([, outcome]) => outcome !== 'skipped').map(([offset, outcome]) => `${where} ${offset}: ${outcome}, but there is no such record`),
    );
    return [...this.found, ...lost, ...madeUp, ...TOPICS.flatMap((topic) => checkDeadLetters(this.outputs, topic, expected))];
  }
}

/** What the receipts of a partition say. */
interface ReceiptedPartition {
  /** By offset; of all others up to `end`, exclusive, they say that they are normal. */
  readonly outcomes: Map<number, string>;
  readonly end: number;
  /** How many they say are normal. */
  readonly normal: number;
  /** How many of those the log has. */
  normalSeen: number;
}

function receiptsOf({ events, log }: Outputs, topic: string, partition: number): ReceiptData[] {
  const isOurs = ({ stream, type }: OutputEvent) => stream === `receipts-${log}-${topic}-${partition}` && type === 'ReceiptRecorded';
  return events.filter(isOurs).map(({ data }) => data as unknown as ReceiptData);
}

function readReceipts(where: string, receipts: readonly ReceiptData[], problems: string[]): ReceiptedPartition {
  const outcomes = new Map<number, string>();
  let next = 0;
  let sum = 0;
  for (const receipt of receipts) {
    const { first, last } = receipt;
    if (first > next) problems.push(`${where}: no receipt for offsets ${next} to ${first - 1}`);
    if (first < next) problems.push(`${where}: two receipts for offsets ${first} to ${next - 1}`);
    next = last + 1;
    const named = [
      ...receipt.events.map((offset) => [offset, 'events'] as const),
      ...receipt.deadLettered.map((offset) => [offset, 'dead-lettered'] as const),
      ...receipt.skipped.map((offset) => [offset, 'skipped'] as const),
      ...Object.entries(receipt.ignored).flatMap(([reason, offsets]) => offsets.map((offset) => [offset, `ignored ${reason}`] as const)),
    ];
    for (const [offset, outcome] of named) {
      if (outcomes.has(offset)) problems.push(`${where} ${offset}: ${outcomes.get(offset)} and ${outcome}`);
      if (offset < first || offset > last) problems.push(`${where} ${offset}: named by a receipt for ${first} to ${last}`);
      outcomes.set(offset, outcome);
    }
    const normal = last - first + 1 - named.length;
    if (normal !== receipt.normal) problems.push(`${where}: the receipt for ${first} to ${last} has ${receipt.normal} normal and leaves ${normal} unnamed`);
    sum += normal;
  }
  return { outcomes, end: next, normal: sum, normalSeen: 0 };
}

type OutcomeTest = (given: string, expected: ExpectedRecord) => boolean;

/** Where the order of processing is not told, it is only known whether a record has some effect or none, and that what it has is there. */
function outcomeTest({ isKeyed, events }: Outputs): OutcomeTest {
  // What an operator or a timer did comes from no record.
  const ofRecords = events.filter(({ stream, metadata }) => stream.startsWith('sensor-') && 'source' in metadata);
  const withEvents = new Map<string, 'only noted' | 'more'>();
  for (const { type, metadata } of ofRecords) {
    const place = placeOf(metadata['source'] as Place);
    withEvents.set(place, type === 'ReadingNoted' && withEvents.get(place) !== 'more' ? 'only noted' : 'more');
  }
  return (given, { topic, partition, record, outcome }) => {
    // Of a record that is delivered again and had no event it is not known any more why.
    if (given === 'ignored duplicate' && isKeyed && outcome !== 'events' && outcome !== 'dead-lettered') return true;
    if (given === 'ignored duplicate' && outcome === 'normal') return true;
    const found = withEvents.get(placeOf({ topic, partition, offset: record.offset }));
    // A process that has just begun does not know yet whether others write out of order, and notes such readings.
    if (given === 'events' && outcome === 'ignored alarm-open' && found === 'only noted') return true;
    if (isKeyed || outcome === 'normal' || outcome === 'dead-lettered') return given === outcome;
    return found !== undefined ? given === 'events' : given.startsWith('ignored ');
  };
}

function checkDeadLetters({ topics }: Outputs, topic: string, expected: readonly ExpectedRecord[]): string[] {
  const owed = new Map(expected.filter((each) => each.topic === topic && each.outcome === 'dead-lettered').map((each) => [`${each.partition} ${each.record.offset}`, each.record]));
  const found = new Set<string>();
  const problems: string[] = [];
  for (const letter of (topics[`${topic}.dlq`] ?? []).flatMap((records) => [...records])) {
    const source = JSON.parse(letter.headers['dead-letter-source'] ?? '{}') as { partition?: number; offset?: number };
    const place = `${source.partition} ${source.offset}`;
    const record = owed.get(place);
    if (!record) problems.push(`${topic} ${place}: a dead letter, but the record can be read or is not there`);
    else if ((record.value ?? '') !== letter.value) problems.push(`${topic} ${place}: the dead letter has other bytes`);
    found.add(place);
  }
  for (const place of owed.keys()) if (!found.has(place)) problems.push(`${topic} ${place}: the dead letter is missing`);
  return problems;
}
