import { writeFileSync } from 'node:fs';
import { Kafka, logLevel } from 'kafkajs';
import { Measurement } from './contender.js';
import { InOrder } from './in-order.js';

/**
 * `plain-kafkajs.ts BROKERS RECORDS ALARMS_FILE`: what one writes first: eachBatch, JSON.parse, the rules in memory.
 * The literal form of the source becomes JSON by its brackets. ENTRY and OK are merged by time, else the alarms
 * would be wrong; nothing is stored.
 */
const [brokers, wanted, alarmsFile] = [process.argv[2] as string, Number(process.argv[3]), process.argv[4] as string];
const kafka = new Kafka({ clientId: 'plain', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: `plain-${process.pid}`, maxBytesPerPartition: 4 * 1024 * 1024, maxWaitTimeInMs: 100 });
await consumer.connect();
await consumer.subscribe({ topics: ['ENTRY', 'OK'], fromBeginning: true });
const measurement = new Measurement();
const sensors = new Map<string, { open: Set<string>; strikes: Record<string, number> }>();
const alarms: string[] = [];
let records = 0;

interface Message {
  readonly place: string;
  readonly id: string;
  readonly active: { readonly motion: boolean; readonly smoke: boolean; readonly temperature: boolean };
}

const partitions = [0, 1].map(() => new InOrder<Message>(apply));
const done = new Promise<void>((resolve) => {
  void consumer.run({
    eachBatch: async (payload) => {
      const { batch } = payload;
      measurement.begin();
      const inOrder = partitions[batch.partition] as InOrder<Message>;
      for (const { value, timestamp, offset } of batch.messages) {
        const text = (value as Buffer).toString('utf8');
        const [id, movement, smoke, temperature, max] = JSON.parse(text.startsWith('{"') ? `[${text.slice(1, -1)}]` : text) as [string, string, string, string, string];
        const active = { motion: movement === 'true', smoke: smoke === 'true', temperature: Number(temperature) > Number(max) };
        if (batch.topic === 'OK' || active.motion || active.smoke || active.temperature) {
          inOrder.add(batch.topic, Number(timestamp), { place: `${batch.partition}-${offset}`, id, active });
        }
      }
      const isAtEnd = Number(batch.lastOffset()) + 1 >= Number(batch.highWatermark);
      inOrder.readThrough(batch.topic, isAtEnd ? Infinity : Number(batch.messages.at(-1)?.timestamp ?? 0));
      records += batch.messages.length;
      if (records >= wanted) resolve();
      await payload.heartbeat();
    },
  });
});
await done;
const result = measurement.end();
writeFileSync(alarmsFile, alarms.join('\n'));
console.log(JSON.stringify(result));
process.exit(0);

function apply(topic: string, { id, active, place }: Message): void {
  if (topic === 'OK') {
    sensors.delete(id);
    return;
  }
  let sensor = sensors.get(id);
  if (!sensor) sensors.set(id, (sensor = { open: new Set(), strikes: {} }));
  for (const type of ['motion', 'smoke', 'temperature'] as const) {
    if (!active[type] || sensor.open.has(type)) continue;
    const strikes = (sensor.strikes[type] = (sensor.strikes[type] ?? 0) + 1);
    if (type !== 'motion' && strikes < 3) continue;
    sensor.open.add(type);
    sensor.strikes[type] = 0;
    alarms.push(`${place}-${type}`);
  }
}
