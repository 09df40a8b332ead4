import type { IHeaders, Kafka } from 'kafkajs';

/** A record as any consumer of the topic sees it. */
export interface ConsumedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

let readers = 0;

/** All records of a topic, up to its end at the time of the call, read by a plain kafkajs consumer. */
export async function readTopic(kafka: Kafka, topic: string): Promise<ConsumedRecord[]> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic).finally(() => admin.disconnect());
  const left = new Map(ends.filter(({ low, high }) => Number(high) > Number(low)).map(({ partition, high }) => [partition, Number(high)]));
  const records: ConsumedRecord[] = [];
  if (left.size === 0) return records;
  const consumer = kafka.consumer({ groupId: `read-topic-${process.pid}-${(readers += 1)}` });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const eachMessage = async ({ partition, message }: { partition: number; message: { offset: string; key: Buffer | null; value: Buffer | null; headers?: IHeaders } }): Promise<void> => {
        const offset = Number(message.offset);
        if (!left.has(partition)) return;
        records.push({ partition, offset, key: message.key?.toString() ?? null, value: message.value, headers: Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)])) });
        if (offset + 1 >= left.get(partition)!) left.delete(partition);
        if (left.size === 0) resolve();
      };
      consumer.run({ eachMessage }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return records;
}
