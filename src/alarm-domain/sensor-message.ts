import type { Reading } from './reading.js';
import type { SourcePosition } from './source-position.js';
import type { StrikePolicy } from './strike-policy.js';

/** What the log says about a record, apart from the reading itself. Times are ISO 8601 UTC. */
export interface RecordFacts {
  readonly source: SourcePosition;
  readonly messageId: string | null;
  /** The sensor's own clock, as sent. */
  readonly sensorAt: string | null;
  /** The log's append time. */
  readonly receivedAt: string;
  /** The reading's time: `sensorAt` when it is plausible, else `receivedAt` (see `readingTime`). */
  readonly readAt: string;
}

export type ReadingMessage = RecordFacts & { readonly type: 'reading'; readonly reading: Reading };
export type OkMessage = RecordFacts & { readonly type: 'ok'; readonly sensorId: number };

/** One record of the log, as a sensor is given it. */
export type SensorMessage = ReadingMessage | OkMessage;

export function sensorIdOf(message: SensorMessage): number {
  return message.type === 'ok' ? message.sensorId : message.reading.sensorId;
}

/** What a decision needs beside the sensor's state and the record. */
export interface DecisionContext {
  readonly policy: StrikePolicy;
  /** The processing clock, ISO 8601 UTC. */
  readonly recordedAt: string;
  /** The last ENTRY records that have been handled, for an OK; see `EventMetadata.handledThrough`. */
  readonly handledThrough?: readonly SourcePosition[];
  /**
   * Set when an OK from before a reading may come after it, or another process may write to the sensor meanwhile:
   * then a reading that finds its alarm open is an event, too.
   */
  readonly isOutOfOrder?: boolean;
  /** Turns a name into a UUID, always the same one for the same name. */
  readonly idOf: (name: string) => string;
}
