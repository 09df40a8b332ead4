import { ByteReader, ByteWriter } from './wire-bytes.js';
import type { WireRequest } from './kafka-cluster.js';

/** Kafka's Fetch, version 11, on bytes: the records of a response stay as they came. Source: https://kafka.apache.org/protocol#The_Messages_Fetch */

const FETCH = { apiKey: 1, apiVersion: 11, apiName: 'Fetch' } as const;

const CONSUMER = -1;
const READ_COMMITTED = 1;
const NO_SESSION = { id: 0, epoch: -1 };
const UNKNOWN = -1;

export interface PartitionToFetch {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface FetchLimits {
  /** The broker answers after this long at the latest, at once when there is a record. */
  readonly maxWaitMs: number;
  readonly maxPartitionBytes: number;
}

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  /** 0 for none; see kafka-errors.ts. */
  readonly errorCode: number;
  /** What may be read ends here: open transactions lie beyond. */
  readonly endOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches, the last of which may be cut. */
  readonly records: Buffer;
}

/** The broker reads the partitions in the order given here, and earlier ones are filled first. */
export function fetchRequest(partitions: readonly PartitionToFetch[], { maxWaitMs, maxPartitionBytes }: FetchLimits): WireRequest<readonly FetchedPartition[]> {
  const bytes = new ByteWriter(64 + partitions.length * 96);
  bytes.int32(CONSUMER).int32(maxWaitMs).int32(1).int32(maxPartitionBytes * partitions.length).int8(READ_COMMITTED);
  bytes.int32(NO_SESSION.id).int32(NO_SESSION.epoch);
  bytes.int32(partitions.length);
  for (const { topic, partition, offset } of partitions) {
    bytes.string(topic).int32(1);
    bytes.int32(partition).int32(UNKNOWN).int64(offset).int64(UNKNOWN).int32(maxPartitionBytes);
  }
  bytes.int32(0).string('');
  return { ...FETCH, payload: bytes.done(), decode: decodeFetchResponse, timeoutMs: maxWaitMs };
}

function decodeFetchResponse(payload: Buffer): { throttleMs: number; data: readonly FetchedPartition[] } {
  const bytes = new ByteReader(payload);
  const throttleMs = bytes.int32();
  bytes.int16(); // an error of the fetch session, of which there is none
  bytes.int32();
  const data: FetchedPartition[] = [];
  for (let topics = bytes.int32(); topics > 0; topics -= 1) {
    const topic = bytes.string();
    for (let partitions = bytes.int32(); partitions > 0; partitions -= 1) data.push(decodePartition(topic, bytes));
  }
  return { throttleMs, data };
}

function decodePartition(topic: string, bytes: ByteReader): FetchedPartition {
  const partition = bytes.int32();
  const errorCode = bytes.int16();
  const highWatermark = bytes.int64();
  const lastStableOffset = bytes.int64();
  bytes.int64(); // where the log begins
  const aborted: AbortedTransaction[] = [];
  for (let left = bytes.int32(); left > 0; left -= 1) aborted.push({ producerId: bytes.bigInt64(), firstOffset: bytes.int64() });
  bytes.int32(); // a replica that would be nearer
  const records = bytes.bytes();
  return { topic, partition, errorCode, endOffset: lastStableOffset >= 0 ? lastStableOffset : highWatermark, aborted, records };
}
