/** A record of the double's log. */
export interface StoredEvent {
  readonly stream: string;
  /** Counts from 0; a tombstone has `TOMBSTONE_REVISION`. */
  readonly revision: number;
  /** Where the record stands in the log: its commit position, and in reads of $all its prepare position too. */
  readonly position: number;
  /** Where the first event of the same append stands: the prepare position that reads of a stream give. */
  readonly transaction: number;
  readonly id: string;
  readonly type: string;
  readonly isJson: boolean;
  readonly data: Buffer;
  readonly metadata: Buffer;
  /** Milliseconds since 1970. */
  readonly created: number;
}

export type ProposedEvent = Pick<StoredEvent, 'id' | 'type' | 'isJson' | 'data' | 'metadata'>;

/** The server writes 2^63-1; as a double it is this. */
export const TOMBSTONE_REVISION = Number(2n ** 63n - 1n);

export const STREAM_DELETED = '$streamDeleted';
export const METADATA = '$metadata';

export function metastreamOf(stream: string): string {
  return `$$${stream}`;
}

/** How the server counts an event against the maximum of an append: types take two bytes a character. */
export function sizeOnDisk(event: ProposedEvent): number {
  return event.data.length + event.metadata.length + event.type.length * 2;
}

/** Bytes of a record in the log beside its texts. Positions count bytes, so they are far from dense. */
const RECORD_OVERHEAD = 71;

export function recordLength(stream: string, event: ProposedEvent): number {
  return RECORD_OVERHEAD + Buffer.byteLength(stream) + sizeOnDisk(event);
}
