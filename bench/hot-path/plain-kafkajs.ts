import { Kafka, logLevel } from 'kafkajs';
import { Measurement } from './contender.js';

/**
 * `plain-kafkajs.ts BROKERS RECORDS`: what one writes first: eachBatch, JSON.parse, the rules in memory.
 * The literal form of the source becomes JSON by its brackets. Nothing is stored.
 */
const [brokers, wanted] = [process.argv[2] as string, Number(process.argv[3])];
const kafka = new Kafka({ clientId: 'plain', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: `plain-${process.pid}`, maxBytesPerPartition: 4 * 1024 * 1024, maxWaitTimeInMs: 100 });
await consumer.connect();
await consumer.subscribe({ topics: ['ENTRY', 'OK'], fromBeginning: true });
const measurement = new Measurement();
const sensors = new Map<string, { open: Set<string>; strikes: Record<string, number> }>();
let records = 0;
let alarms = 0;
const done = new Promise<void>((resolve) => {
  void consumer.run({
    eachBatch: async (payload) => {
      const { batch } = payload;
      measurement.begin();
      for (const { value } of batch.messages) {
        const text = (value as Buffer).toString('utf8');
        const [id, movement, smoke, temperature, max] = JSON.parse(text.startsWith('{"') ? `[${text.slice(1, -1)}]` : text) as [string, string, string, string, string];
        apply(batch.topic, id, { motion: movement === 'true', smoke: smoke === 'true', temperature: Number(temperature) > Number(max) });
      }
      records += batch.messages.length;
      if (records >= wanted) resolve();
      await payload.heartbeat();
    },
  });
});
await done;
console.log(JSON.stringify(measurement.end(records, alarms)));
process.exit(0);

function apply(topic: string, id: string, active: { motion: boolean; smoke: boolean; temperature: boolean }): void {
  if (topic === 'OK') {
    sensors.delete(id);
    return;
  }
  if (!active.motion && !active.smoke && !active.temperature) return;
  let sensor = sensors.get(id);
  if (!sensor) sensors.set(id, (sensor = { open: new Set(), strikes: {} }));
  for (const type of ['motion', 'smoke', 'temperature'] as const) {
    if (!active[type] || sensor.open.has(type)) continue;
    const strikes = (sensor.strikes[type] = (sensor.strikes[type] ?? 0) + 1);
    if (type !== 'motion' && strikes < 3) continue;
    sensor.open.add(type);
    sensor.strikes[type] = 0;
    alarms += 1;
  }
}
