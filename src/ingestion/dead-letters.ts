import { z } from 'zod';
import { positionKey, type SourcePosition } from '../alarm-domain/source-position.js';
import { isoTime, type Clock } from '../clock.js';
import { crashPoint } from '../crash-point.js';
import type { EventStore } from '../event-store/event-store.js';
import { deadLetterTopic, MAX_DEAD_LETTER_BYTES, SENSOR_TOPICS, type LogRecord, type MessageLog, type OutgoingRecord, type SensorTopic } from '../message-log/message-log.js';
import { recordSizeBound } from '../message-log/record-batch.js';
import { idOf } from './deterministic-id.js';
import { MESSAGE_ID_HEADER } from './sensor-message.js';

/** A log has a bound for what one append may hold; a run of unreadable records may come to more. */
const MOST_APPEND_BYTES = 8 * 1024 * 1024;

/** Stream of what operators did about dead letters. */
const STREAM = 'dead-letters';
const DONE_EVENT_TYPES = { replayed: 'DeadLetterReplayed', dropped: 'DeadLetterDropped' } as const;

const HEADER_PREFIX = 'dead-letter-';

export type DeadLetterStatus = 'open' | 'replayed' | 'dropped';

/** A record that could not be read, as it is listed. */
export interface DeadLetter {
  /** The same for the same record, however often it was written. */
  readonly id: string;
  readonly status: DeadLetterStatus;
  readonly source: SourcePosition;
  readonly reason: string;
  /** ISO 8601 UTC, the log's append time of the record itself. */
  readonly receivedAt: string;
  readonly key: string | null;
  /** The original bytes, null for a tombstone. */
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface DeadLetterToAdd {
  readonly record: LogRecord;
  readonly source: SourcePosition;
  readonly reason: string;
}

/** There is no open dead letter of this id. */
export class NoSuchDeadLetter extends Error {
  constructor(readonly id: string) {
    super(`no open dead letter has the id ${JSON.stringify(id)}`);
    this.name = 'NoSuchDeadLetter';
  }
}

/**
 * Records that can't be read, kept with their original bytes on `<topic>.dlq`; what an operator did about
 * them is in stream `dead-letters`. A record written twice, around a crash, is one dead letter.
 */
export class DeadLetters {
  constructor(
    private readonly log: MessageLog,
    private readonly store: EventStore,
    private readonly clock: Clock,
  ) {}

  async add(topic: SensorTopic, letters: readonly DeadLetterToAdd[]): Promise<void> {
    let records: OutgoingRecord[] = [];
    let bytes = 0;
    for (const letter of letters) {
      const whole = toDeadLetterRecord(letter);
      const record = recordSizeBound(whole) <= MAX_DEAD_LETTER_BYTES ? whole : toDeadLetterRecord(withValueAlone(letter));
      const size = recordSizeBound(record);
      if (records.length > 0 && bytes + size > MOST_APPEND_BYTES) {
        await this.log.append(deadLetterTopic(topic), records);
        [records, bytes] = [[], 0];
      }
      records.push(record);
      bytes += size;
    }
    await this.log.append(deadLetterTopic(topic), records);
    crashPoint('dead-letters-stored');
  }

  /** All dead letters, oldest first within a partition; each record once. */
  async *list(): AsyncIterable<DeadLetter> {
    const done = await this.doneById();
    const seen = new Set<string>();
    for (const topic of SENSOR_TOPICS) {
      for (const { partition, startOffset } of await this.log.describe(deadLetterTopic(topic))) {
        for await (const record of this.log.read(deadLetterTopic(topic), partition, startOffset)) {
          const letter = toDeadLetter(record, done);
          if (letter === null || seen.has(letter.id)) continue;
          seen.add(letter.id);
          yield letter;
        }
      }
    }
  }

  /**
   * Puts the original records back at the end of their topics. Its messageId makes a repeat after a crash
   * harmless; one that still can't be read becomes a new dead letter. Thrown: `NoSuchDeadLetter`.
   */
  async replay(ids: readonly string[] | 'all'): Promise<number> {
    const letters = await this.openOnes(ids);
    for (const letter of letters) {
      const headers = { [MESSAGE_ID_HEADER]: `dead-letter-${letter.id}`, ...letter.headers };
      if (letter.value !== null) await this.log.append(letter.source.topic, [{ key: letter.key, value: letter.value, headers }]);
      crashPoint('dead-letter-replayed');
      await this.close(letter, 'replayed');
    }
    return letters.length;
  }

  /** Marks dead letters as of no use; their bytes stay until the topic's retention. Thrown: `NoSuchDeadLetter`. */
  async drop(ids: readonly string[] | 'all'): Promise<number> {
    const letters = await this.openOnes(ids);
    for (const letter of letters) await this.close(letter, 'dropped');
    return letters.length;
  }

  private async openOnes(ids: readonly string[] | 'all'): Promise<DeadLetter[]> {
    const wanted = ids === 'all' ? null : new Set(ids);
    const letters: DeadLetter[] = [];
    for await (const letter of this.list()) {
      if (letter.status !== 'open' || (wanted !== null && !wanted.delete(letter.id))) continue;
      letters.push(letter);
    }
    const [unknown] = wanted ?? [];
    if (unknown !== undefined) throw new NoSuchDeadLetter(unknown);
    return letters;
  }

  private async close(letter: DeadLetter, how: keyof typeof DONE_EVENT_TYPES): Promise<void> {
    const type = DONE_EVENT_TYPES[how];
    const event = {
      id: idOf(`${type}|${letter.id}`),
      type,
      data: { deadLetterId: letter.id, source: letter.source, reason: letter.reason },
      metadata: { schemaVersion: 1, recordedAt: isoTime(this.clock.now()) },
    };
    await this.store.append(STREAM, [event], 'any');
  }

  private async doneById(): Promise<Map<string, DeadLetterStatus>> {
    const done = new Map<string, DeadLetterStatus>();
    for await (const event of this.store.readStream(STREAM)) {
      const { deadLetterId } = event.data as { deadLetterId: string };
      done.set(deadLetterId, event.type === DONE_EVENT_TYPES.replayed ? 'replayed' : 'dropped');
    }
    return done;
  }
}

/** Of a letter that is too large: its key or headers are no text, of which each byte is three as one. */
function withValueAlone({ record, source, reason }: DeadLetterToAdd): DeadLetterToAdd {
  return { record: { ...record, key: null, headers: {} }, source, reason: `${reason}; its key and headers are left out, they are too large` };
}

function toDeadLetterRecord({ record, source, reason }: DeadLetterToAdd): OutgoingRecord {
  return {
    key: record.key?.toString('utf8') ?? null,
    // A tombstone on the dead-letter topic would lose the headers' meaning to compaction; null is marked instead.
    value: record.value ?? Buffer.alloc(0),
    headers: {
      ...record.headers,
      [`${HEADER_PREFIX}reason`]: reason,
      [`${HEADER_PREFIX}source`]: JSON.stringify(source),
      [`${HEADER_PREFIX}received-at`]: isoTime(record.appendedAtMs),
      ...(record.value === null ? { [`${HEADER_PREFIX}tombstone`]: 'true' } : {}),
    },
  };
}

/** Null for a record that something else wrote to the topic. */
function toDeadLetter(record: LogRecord, done: ReadonlyMap<string, DeadLetterStatus>): DeadLetter | null {
  const position = readSource(record.headers[`${HEADER_PREFIX}source`]);
  if (position === null) return null;
  const id = idOf(`dead-letter|${positionKey(position)}`);
  const headers = Object.fromEntries(Object.entries(record.headers).filter(([name]) => !name.startsWith(HEADER_PREFIX)));
  return {
    id,
    status: done.get(id) ?? 'open',
    source: position,
    reason: record.headers[`${HEADER_PREFIX}reason`] ?? '',
    receivedAt: record.headers[`${HEADER_PREFIX}received-at`] ?? isoTime(record.appendedAtMs),
    key: record.key?.toString('utf8') ?? null,
    value: record.headers[`${HEADER_PREFIX}tombstone`] === 'true' ? null : record.value,
    headers,
  };
}

const offset = z.number().int().nonnegative();
const sourcePosition = z.object({ log: z.string(), topic: z.enum(SENSOR_TOPICS), partition: offset, epoch: offset, offset });

/** Null for what is no position of ours. */
function readSource(text: string | undefined): SourcePosition | null {
  if (text === undefined) return null;
  try {
    return sourcePosition.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
