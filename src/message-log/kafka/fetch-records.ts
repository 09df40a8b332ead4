import { CorruptRecordBatch } from '../record-batch.js';
import { fetchRequest } from './fetch-request.js';
import { FetchedRecords } from './fetched-records.js';
import type { KafkaCluster } from './kafka-cluster.js';
import { KAFKA_ERROR, KafkaFailure } from './kafka-errors.js';
import { nextRun } from './read-records.js';
import { SharedResponse } from './response-memory.js';

const FETCH_BYTES = 1024 * 1024;
const FETCH_WAIT_MS = 100;

/** One response with what stands in a partition from an offset on. Thrown: `KafkaFailure`. */
export async function fetchRecords(cluster: KafkaCluster, topic: string, partition: number, offset: number): Promise<FetchedRecords> {
  const node = cluster.leaderOf(topic, partition);
  if (node === null) throw new KafkaFailure(`${topic}-${partition}`, KAFKA_ERROR.leaderNotAvailable);
  const [fetched] = await cluster.send(node, fetchRequest([{ topic, partition, offset }], { maxWaitMs: FETCH_WAIT_MS, maxPartitionBytes: FETCH_BYTES }));
  if (!fetched || fetched.errorCode !== KAFKA_ERROR.none) throw new KafkaFailure(`${topic}-${partition} at offset ${offset}`, fetched?.errorCode ?? KAFKA_ERROR.unknownTopicOrPartition);
  const response = SharedResponse.of([fetched]);
  return new FetchedRecords(fetched.records, fetched.aborted, () => response.release());
}

/** When the record at an offset was appended, milliseconds since 1970 UTC; null when there is none, or it can't be read. Thrown: `KafkaFailure`. */
export async function appendedAt(cluster: KafkaCluster, topic: string, partition: number, offset: number): Promise<number | null> {
  let fetched: FetchedRecords | null = null;
  try {
    fetched = await fetchRecords(cluster, topic, partition, offset);
    const [first] = nextRun(fetched, topic, partition, offset).records;
    return first?.offset === offset ? first.appendedAtMs : null;
  } catch (error) {
    if (error instanceof CorruptRecordBatch) return null;
    throw error;
  } finally {
    fetched?.release();
  }
}
