import type { WireRequest } from './kafka-cluster.js';
import { ByteReader, ByteWriter } from './wire-bytes.js';

/** Kafka's Produce, version 7, with acks from all replicas. Source: https://kafka.apache.org/protocol#The_Messages_Produce */

const PRODUCE = { apiKey: 0, apiVersion: 7, apiName: 'Produce' } as const;
const ACKS_ALL = -1;

export interface PartitionToProduce {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}

export interface ProducedPartition {
  readonly topic: string;
  readonly partition: number;
  /** 0 for none; see kafka-errors.ts. */
  readonly errorCode: number;
  readonly baseOffset: number;
}

/** `timeoutMs` is how long the broker waits for its replicas, `patienceMs` how much longer until it counts as away. */
export function produceRequest(partitions: readonly PartitionToProduce[], timeoutMs: number, patienceMs: number): WireRequest<readonly ProducedPartition[]> {
  const size = partitions.reduce((sum, { batch }) => sum + batch.length + 64, 64);
  const topics = new Set(partitions.map(({ topic }) => topic));
  const bytes = new ByteWriter(size).nullString().int16(ACKS_ALL).int32(timeoutMs).int32(topics.size);
  for (const topic of topics) {
    const ofTopic = partitions.filter((each) => each.topic === topic);
    bytes.string(topic).int32(ofTopic.length);
    for (const { partition, batch } of ofTopic) bytes.int32(partition).int32(batch.length).raw(batch);
  }
  return { ...PRODUCE, payload: bytes.done(), decode: decodeProduceResponse, timeoutMs, patienceMs };
}

function decodeProduceResponse(payload: Buffer): { throttleMs: number; data: readonly ProducedPartition[] } {
  const bytes = new ByteReader(payload);
  const data: ProducedPartition[] = [];
  for (let topics = bytes.int32(); topics > 0; topics -= 1) {
    const topic = bytes.string();
    for (let partitions = bytes.int32(); partitions > 0; partitions -= 1) {
      data.push({ topic, partition: bytes.int32(), errorCode: bytes.int16(), baseOffset: bytes.int64() });
      bytes.int64(); // the append time
      bytes.int64(); // where the log begins
    }
  }
  return { throttleMs: bytes.int32(), data };
}
