import type { IHeaders, Kafka } from 'kafkajs';

/** A record as any consumer of the topic sees it. */
export interface ConsumedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The topic's own time of it, milliseconds since 1970 UTC. */
  readonly timeMs: number;
}

let readers = 0;

/** All records of a topic, up to its end at the time of the call, read by a plain kafkajs consumer. */
export async function readTopic(kafka: Kafka, topic: string): Promise<ConsumedRecord[]> {
  const records: ConsumedRecord[] = [];
  await eachRecordOf(kafka, [topic], (_topic, record) => records.push(record));
  return records;
}

/** Gives all records of some topics, up to their ends at the time of the call, each partition's in order. */
export async function eachRecordOf(kafka: Kafka, topics: readonly string[], take: (topic: string, record: ConsumedRecord) => void): Promise<void> {
  const left = await endsOf(kafka, topics);
  if (left.size === 0) return;
  const consumer = kafka.consumer({ groupId: `read-topic-${process.pid}-${(readers += 1)}` });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      consumer.run({
        eachBatch: async ({ batch: { topic, partition, messages } }) => {
          const end = left.get(`${topic}-${partition}`) ?? 0;
          for (const { offset, key, value, headers, timestamp } of messages) {
            if (Number(offset) < end) take(topic, { partition, offset: Number(offset), key: key?.toString() ?? null, value, headers: textsOf(headers), timeMs: Number(timestamp) });
          }
          if (Number(messages.at(-1)?.offset) + 1 >= end) left.delete(`${topic}-${partition}`);
          if (left.size === 0) resolve();
        },
      }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
}

/** The offset after the last record of each partition that has some, by `ENTRY-0`. */
async function endsOf(kafka: Kafka, topics: readonly string[]): Promise<Map<string, number>> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map<string, number>();
  try {
    for (const topic of topics) {
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) if (Number(high) > Number(low)) ends.set(`${topic}-${partition}`, Number(high));
    }
  } finally {
    await admin.disconnect();
  }
  return ends;
}

function textsOf(headers: IHeaders = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
