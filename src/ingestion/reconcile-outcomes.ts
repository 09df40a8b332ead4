import { createHash } from 'node:crypto';
import { READING_EVENT_TYPES, type ReadingEvent } from '../alarm-domain/alarm-events.js';
import { positionKey, type SourcePosition } from '../alarm-domain/source-position.js';
import { decodeSensorEvent } from '../event-store/sensor-stream.js';
import type { EventStore } from '../event-store/event-store.js';
import type { PartitionRange, SensorTopic } from '../message-log/message-log.js';
import type { DeadLetters } from './dead-letters.js';
import type { EpochReceipts } from './reconcile-receipts.js';
import type { Tally } from './reconcile-tally.js';

/** An epoch of a partition with what is stored of the offsets in its runs. */
export interface EpochToCheck extends EpochReceipts, PartitionRange {
  readonly topic: SensorTopic;
  /** What the events of an offset say, a line each. */
  readonly events: Map<number, string>;
  /** The digest of a dead letter's bytes. */
  readonly letters: Map<number, string>;
}

/** `"tombstone"` for a record without a value. */
export function bytesDigest(value: Buffer | null): string {
  return value === null ? 'tombstone' : createHash('sha256').update(value).digest('base64');
}

export async function holdLetters(deadLetters: DeadLetters, log: string, epochs: readonly EpochToCheck[]): Promise<void> {
  const epochOf = finder(log, epochs);
  for await (const { source, value } of deadLetters.list()) epochOf(source)?.letters.set(source.offset, bytesDigest(value));
}

export async function holdEvents(store: EventStore, log: string, epochs: readonly EpochToCheck[], tally: Tally): Promise<void> {
  const epochOf = finder(log, epochs);
  // One text for each kind of fact, not for each event.
  const texts = new Map<string, string>();
  for await (const recorded of store.readAll({ filter: { types: READING_EVENT_TYPES } })) {
    const event = decodeSensorEvent(recorded) as ReadingEvent;
    const { source } = event.metadata;
    const events = epochOf(source)?.events;
    if (events === undefined) continue;
    const fact = factOf(event);
    const before = events.get(source.offset);
    if (before === undefined) {
      if (event.type !== 'StrikeRecorded' && !texts.has(fact)) texts.set(fact, fact);
      events.set(source.offset, texts.get(fact) ?? fact);
    } else if (before.split('\n').includes(fact)) tally.twice(1, `${positionKey(source)}: ${fact} is there twice`);
    else events.set(source.offset, `${before}\n${fact}`);
  }
}

/** Gives the epoch in whose runs a position is. */
function finder(log: string, epochs: readonly EpochToCheck[]): (source: SourcePosition) => EpochToCheck | undefined {
  const key = ({ topic, partition, epoch }: Pick<SourcePosition, 'topic' | 'partition' | 'epoch'>): string => `${topic}/${partition}/${epoch}`;
  const byKey = new Map(epochs.map((epoch) => [key(epoch), epoch]));
  return (source) => {
    const epoch = source.log === log ? byKey.get(key(source)) : undefined;
    return epoch?.runs.some(({ first, next }) => source.offset >= first && source.offset < next) ? epoch : undefined;
  };
}

function factOf(event: ReadingEvent): string {
  if (event.type === 'StrikesCleared') return event.type;
  const fact = `${event.type} of ${event.data.alarmType}`;
  // One OK may come after several readings that are strikes.
  return event.type === 'StrikeRecorded' ? `${fact} by ${positionKey(event.data.evidence.source)}` : fact;
}
