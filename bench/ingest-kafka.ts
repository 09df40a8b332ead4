import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../src/clock.js';
import { HaProxy } from '../test/servers/haproxy.js';
import { KafkaPixy } from '../test/servers/kafka-pixy.js';
import { KafkaCluster } from '../test/servers/kafka.js';
import { freePort } from '../test/servers/server-process.js';
import { median, perSecond, spread, type BenchCase } from './bench-case.js';
import { acceptedPerSecond } from './ingest-load.js';
import { RunningProduct } from './product.js';

/** An endpoint under load: where it takes posts, and how it ends. */
interface Endpoint {
  readonly url: string;
  stop(): Promise<void>;
}

const OURS = 'Vigía, role ingest';
const CASES = [
  { name: 'single posts, 64 connections', connections: 64, readings: 1 },
  { name: 'NDJSON, 100 a post, 16 connections', connections: 16, readings: 100 },
  { name: 'NDJSON, 1,000 a post, 8 connections', connections: 8, readings: 1000 },
] as const;

/** Readings that endpoints accept onto two real brokers, acks from both. */
export const ingestKafka: BenchCase = async ({ isQuick, progress }) => {
  const seconds = isQuick ? 3 : 6;
  const runs = isQuick ? 1 : 3;
  const kafka = await KafkaCluster.start({ brokers: 2, heapMb: 384 });
  const rates = new Map<string, number[]>();
  try {
    const contenders: Record<string, () => Promise<Endpoint>> = {
      [OURS]: () => startVigia(kafka.bootstrapServers),
      'Vigía, two processes behind HAProxy': () => startTwo(kafka.bootstrapServers),
      'plain fastify + kafkajs': () => startPeer(kafka.bootstrapServers),
      'kafka-pixy': () => startPixy(kafka.bootstrapServers),
    };
    for (let run = 0; run < runs; run += 1) {
      for (const { name: posts, ...load } of CASES) {
        for (const [name, start] of Object.entries(contenders)) {
          if (name === 'kafka-pixy' && load.readings > 1) continue; // it takes one message a post
          const endpoint = await start();
          try {
            const rate = await acceptedPerSecond({ ...load, url: endpoint.url, seconds });
            const key = `${posts}|${name}`;
            rates.set(key, [...(rates.get(key) ?? []), rate]);
            progress(`run ${run + 1} of ${runs}, ${posts}, ${name}: ${perSecond(rate)}`);
          } finally {
            await endpoint.stop();
          }
        }
      }
    }
  } finally {
    await kafka.stop();
  }
  return {
    title: 'Ingest onto Kafka',
    about: [
      'Readings answered with 200 per second over HTTP on loopback, each acknowledged by both of two Kafka brokers before its answer; all normal, literal form.',
      'One endpoint process, or two behind HAProxy with the configuration that users run; brokers, endpoint and the load (autocannon) share two cores, so a row is a comparison, not a ceiling.',
      'kafka-pixy answers when Kafka has acknowledged (`sync`) and takes one message a post.',
    ].join('\n'),
    columns: ['posts', 'endpoint', 'readings/s', 'Vigía is'],
    rows: [...rates].map(([key, values]) => {
      const [posts = '', name = ''] = key.split('|');
      const ours = median(rates.get(`${posts}|${OURS}`) ?? [NaN]);
      return [posts, name, spread(values), `${(ours / median(values)).toFixed(1)}×`];
    }),
  };
};

const messagesOf = (url: string): string => `${url}/topics/ENTRY/messages`;

async function startTwo(brokers: string): Promise<Endpoint> {
  const endpoints = [await startVigia(brokers), await startVigia(brokers)] as const;
  const proxy = await HaProxy.start([new URL(endpoints[0].url).host, new URL(endpoints[1].url).host]);
  while (String(await proxy.endpointsUp()) !== 'true,true') await systemClock.sleep(50);
  return {
    url: messagesOf(proxy.url),
    stop: async () => {
      await proxy.stop();
      for (const endpoint of endpoints) await endpoint.stop();
    },
  };
}

async function startVigia(brokers: string): Promise<Endpoint> {
  const dir = mkdtempSync(join(tmpdir(), 'vigia-bench-'));
  const product = await RunningProduct.start(dir, 0, { KAFKA_BROKERS: brokers, VIGIA_ROLES: 'ingest' });
  return {
    url: messagesOf(`http://127.0.0.1:${product.ingestPort}`),
    stop: async () => {
      await product.stop();
      rmSync(dir, { recursive: true });
    },
  };
}

async function startPeer(brokers: string): Promise<Endpoint> {
  const port = await freePort();
  const file = fileURLToPath(new URL('peers/fastify-kafkajs.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file, brokers, String(port)], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ping = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/_ping`)).ok;
  while (!(await ping().catch(() => false))) {
    if (child.exitCode !== null) throw new Error(`the peer ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url: messagesOf(`http://127.0.0.1:${port}`),
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function startPixy(brokers: string): Promise<Endpoint> {
  const pixy = await KafkaPixy.start(brokers);
  return { url: `${messagesOf(pixy.url)}?sync&key=1`, stop: () => pixy.stop() };
}
