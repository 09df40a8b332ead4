import { Kafka, logLevel } from 'kafkajs';

function kafkaOf(brokers: string): Kafka {
  return new Kafka({ clientId: 'bench', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
}

/** A topic of two partitions, as ENTRY has. */
export async function createAlarmTopic(brokers: string, topic: string): Promise<void> {
  const admin = kafkaOf(brokers).admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 2, configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }] }] });
  await admin.disconnect();
}

/** An alarm as the peers and COUNT have it; `triggeredAt` is when the log took its reading, in ISO 8601 or milliseconds since 1970 UTC. */
interface AlarmRecord {
  readonly sensorId: string | number;
  readonly triggeredAt: string | number;
}

/** Tells of each alarm on a topic from now on, once it is committed. */
export async function followAlarms(brokers: string, topic: string, onAlarm: (sensorId: number, latencyMs: number) => void): Promise<{ stop: () => Promise<void> }> {
  const consumer = kafkaOf(brokers).consumer({ groupId: `bench-${topic}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: ({ message }) => {
      const now = Date.now();
      const { sensorId, triggeredAt } = JSON.parse((message.value as Buffer).toString()) as AlarmRecord;
      onAlarm(Number(sensorId), now - new Date(triggeredAt).getTime());
      return Promise.resolve();
    },
  });
  return { stop: () => consumer.disconnect() };
}
