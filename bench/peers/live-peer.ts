import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from '../../test/servers/server-process.js';
import { COUNT_TOPIC } from '../../src/message-log/message-log.js';
import { createAlarmTopic } from './alarm-topic.js';
import type { JavaPeer, PeerCommand } from './java-peers.js';
import { RunningProduct } from '../product.js';

/** A contender that takes readings as they come, and whose alarms appear on a topic. */
export interface LivePeer {
  readonly alarmTopic: string;
  stop(): Promise<void>;
}

export async function startJava(commandOf: PeerCommand, brokers: string, peer: JavaPeer, guarantee: string, commitEveryMs: number): Promise<LivePeer> {
  const dir = mkdtempSync(join(tmpdir(), 'vigia-peer-'));
  const alarmTopic = `ALARMS-${peer}-${guarantee}`;
  await createAlarmTopic(brokers, alarmTopic);
  const [program, args] = commandOf(peer, { brokers, alarmTopic, guarantee, commitEveryMs, dir, until: 'run' });
  const server = ServerProcess.spawn(peer, program, args);
  return {
    alarmTopic,
    stop: async () => {
      if (!server.running) throw new Error(`${peer} ended by itself; its last output:\n${server.output}`);
      await server.stop('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The whole product, on new data. */
export async function startVigia(brokers: string, customers: number): Promise<LivePeer> {
  const dir = mkdtempSync(join(tmpdir(), 'vigia-bench-'));
  const product = await RunningProduct.start(dir, customers, { KAFKA_BROKERS: brokers });
  return {
    alarmTopic: COUNT_TOPIC,
    stop: async () => {
      await product.stop();
      rmSync(dir, { recursive: true });
    },
  };
}
