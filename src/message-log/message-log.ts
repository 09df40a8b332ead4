import type { RecordScan } from './record-scan.js';

/**
 * The message log's port: two adapters, libsql (embedded) and Kafka.
 *
 * Topics ENTRY and OK hold readings and recoveries, `<topic>.dlq` dead letters, COUNT the alarms.
 * Records are keyed by sensor id; a key always goes to the same partition (murmur2, as Kafka's producers).
 */
export interface MessageLog {
  /** Identity of the log: Kafka's cluster id, or the embedded log's own. */
  readonly identity: string;

  /**
   * Appends durably and resolves after that, one result per record in the same order.
   *
   * Thrown: `UnknownTopic`; `LogUnavailable` when nothing was stored or that is not known, or when the
   * bound of waiting appends is reached.
   */
  append(topic: string, records: readonly OutgoingRecord[]): Promise<readonly AppendedRecord[]>;

  /** Number of partitions of each topic, and where each begins and ends. */
  describe(topic: string): Promise<readonly PartitionRange[]>;

  /** The records of one partition from an offset on, up to its end (or `toOffset`, exclusive) at the time of the call. */
  read(topic: string, partition: number, fromOffset: number, toOffset?: number): AsyncIterable<LogRecord>;

  /**
   * Gives the records of ENTRY and OK to the handler, in the order in which they were appended (P7), until
   * `signal` is aborted. The next batches of the same partition number come after the handler has resolved.
   * A handler that rejects gets the same batches again, after a pause; with `PositionLost` the partition is
   * given anew instead, from where `resumeAt` then says.
   */
  consume(options: ConsumeOptions): Promise<void>;

  /** Says why appends can't be taken at present, null when they can. */
  unavailable(): string | null;

  close(): Promise<void>;
}

/** The topics that are consumed. Source: mission, system 3. */
export const SENSOR_TOPICS = ['ENTRY', 'OK'] as const;
export type SensorTopic = (typeof SENSOR_TOPICS)[number];

export const COUNT_TOPIC = 'COUNT';

/** As the source has it. */
export const PARTITIONS = 2;

export function deadLetterTopic(topic: string): string {
  return `${topic}.dlq`;
}

/** What a record of a dead-letter topic may come to: the largest that a compressed batch of Kafka may hold, and the headers that say where it was and why. */
export const MAX_DEAD_LETTER_BYTES = (64 * 1024 + 15) * 1024;

/** Every topic that must exist. */
export const ALL_TOPICS: readonly string[] = [...SENSOR_TOPICS, COUNT_TOPIC, ...SENSOR_TOPICS.map(deadLetterTopic)];

export interface OutgoingRecord {
  /** Null spreads records over the partitions. */
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AppendedRecord {
  readonly partition: number;
  readonly offset: number;
}

export interface PartitionRange {
  readonly partition: number;
  /** The first offset still there. */
  readonly startOffset: number;
  /** The offset that the next record gets. */
  readonly endOffset: number;
}

export interface LogRecord {
  readonly offset: number;
  readonly key: Buffer | null;
  /** Null for a tombstone. */
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The log's own append time, milliseconds since 1970 UTC. */
  readonly appendedAtMs: number;
  /** Set when it stands for a whole batch of records that can't be told from each other: why. `value` has the bytes of the batch as they are stored. */
  readonly unreadableBatch?: string;
  /** What the value says, left here by the first who parsed it for the next; the log leaves it alone. */
  parsed?: unknown;
}

/** A run of one partition: every offset from `firstOffset` to `lastOffset` is discarded, skipped, or in `records`. */
export interface LogBatch {
  readonly topic: SensorTopic;
  readonly partition: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** The append time of the record at `lastOffset`, or of the last one before it. */
  readonly lastAppendedAtMs: number;
  /** How many records `discard` took out. */
  readonly discarded: number;
  /** Offsets that hold no record (control records, aborted transactions). */
  readonly skipped: readonly number[];
  /** The others, by ascending offset. */
  readonly records: readonly LogRecord[];
  /**
   * Set when a record may come after one of its sensor that was appended later, or another consumer may have some of
   * its sensor's records: then neither the order nor what the handler has in memory is to be relied on.
   */
  readonly isOutOfOrder?: boolean;
}

/** Takes out records that need no processing. */
export interface Discard {
  /** Tells it by the bytes `start` (inclusive) to `end` (exclusive) of a record's value. */
  readonly one: (bytes: Buffer, start: number, end: number) => boolean;
  /** Tells it of many at a time; never of one of which `one` would not. */
  readonly scan?: RecordScan;
  /** Told of each batch before its records: of which partition they are, and when the last of them was appended. */
  readonly beginBatch?: (partition: number, appendedAtMs: number) => void;
  /** Told of each record that is not taken out, in its place among the others: before a later one is looked at. */
  readonly given?: (record: LogRecord) => void;
}

/**
 * From `fromOffset` on the records are others than those that had the same offsets after the backup was taken, and are lost:
 * told from them by `epoch`, they make alarms with other ids.
 */
export interface Timeline {
  readonly fromOffset: number;
  readonly epoch: number;
}

/** What there is of a partition when it is asked where to begin. */
export interface ResumeRange {
  readonly startOffset: number;
  readonly endOffset: number;
  /** Null, or left out, for a log that was never brought back from a backup. */
  readonly timeline?: Timeline | null;
  /** The first offset whose record was appended after that time, `endOffset` when there is none. */
  firstOffsetAfter(appendedAtMs: number): Promise<number>;
  /** When the record at an offset was appended, null when there is none; left out by a log whose topics are never made anew. */
  appendedAt?(offset: number): Promise<number | null>;
}

export interface ConsumeOptions {
  /** Asked for each partition whenever this consumer gets it, and again after a rejection: the first offset to give, from `startOffset` to `endOffset`. */
  readonly resumeAt: (topic: SensorTopic, partition: number, range: ResumeRange) => Promise<number>;
  /** The offset up to which, exclusive, what was handled is recorded for good; the log may note it for its own tools. */
  readonly recordedThrough?: (topic: SensorTopic, partition: number) => number;
  /** Asked again and again by a log that has several consumers, also while there is nothing to give. Thrown: `PositionLost`, with which the partition is given anew. */
  readonly requireKept?: (partition: number) => void;
  /** Told the partition numbers that are this consumer's, null while that is being settled. */
  readonly onAssignment?: (numbers: readonly number[] | null) => void;
  /** Told when ENTRY and OK of a partition number are no longer this consumer's; no batch of them is in work then. */
  readonly onRelease?: (partition: number) => Promise<void>;
  /** Called for records of ENTRY, perhaps again; without it every record is given. */
  readonly discard?: Discard;
  /** Batches of one partition number of ENTRY and OK, in the order of their append times. */
  readonly handle: (batches: readonly LogBatch[]) => Promise<void>;
  readonly signal: AbortSignal;
}

export class UnknownTopic extends Error {
  constructor(readonly topic: string) {
    super(`unknown topic ${JSON.stringify(topic)}; a retry does not help`);
    this.name = 'UnknownTopic';
  }
}

/** What a handler throws when another consumer has gone on from where it stands: where to begin must be asked again. */
export class PositionLost extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`${what}; another consumer has taken the partition`, options);
    this.name = 'PositionLost';
  }
}

/** The append was refused or its outcome is not known; repeat it with the same messageId. */
export class LogUnavailable extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`${what}; try again later`, options);
    this.name = 'LogUnavailable';
  }
}
