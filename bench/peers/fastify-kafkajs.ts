import { fastify } from 'fastify';
import { Kafka, logLevel, Partitioners } from 'kafkajs';

/**
 * `fastify-kafkajs.ts BROKERS PORT`: an ingest endpoint as one writes it first: each reading is parsed, checked
 * a little and given to kafkajs' producer, with acks from all replicas; a batch is one send.
 */
const [brokers, port] = [process.argv[2] as string, Number(process.argv[3])];
const producer = new Kafka({ clientId: 'peer', brokers: brokers.split(','), logLevel: logLevel.NOTHING }).producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner });
await producer.connect();
const app = fastify({ bodyLimit: 8 * 1024 * 1024 });
app.addContentTypeParser(['text/plain', 'application/x-ndjson'], { parseAs: 'string' }, (_request, body, done) => done(null, body));
app.get('/_ping', () => 'pong');
app.post<{ Params: { topic: string }; Body: string }>('/topics/:topic/messages', async (request) => {
  const messages = request.body.split('\n').map((line) => {
    const values = JSON.parse(`[${line.slice(1, -1)}]`) as string[];
    if (values.length !== 5 || !/^\d+$/.test(values[0] as string)) throw new Error('not a reading');
    return { key: values[0] as string, value: line };
  });
  const results = await producer.send({ topic: request.params.topic, messages, acks: -1 });
  return { offsets: results.map(({ partition, baseOffset }) => ({ partition, offset: Number(baseOffset) })) };
});
await app.listen({ host: '127.0.0.1', port });
