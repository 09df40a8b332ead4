import { waitFor } from '../../../test/support/wait-for.js';
import { silentLog } from '../../../test/support/kafka-support.js';
import { systemClock } from '../../clock.js';
import { LogUnavailable } from '../message-log.js';
import { readBatchHeader } from '../record-batch.js';
import { KafkaAppender } from './kafka-appender.js';
import type { KafkaCluster, WireRequest } from './kafka-cluster.js';
import { KAFKA_ERROR } from './kafka-errors.js';
import type { ProducedPartition } from './produce-request.js';

/** A produce request that waits for the spec's answer. */
interface Sent {
  readonly node: number;
  readonly records: number;
  answer(errorCode: number, baseOffset: number): void;
  fail(): void;
}

/** Nodes whose answers the spec gives; every partition has the same leader. */
class ScriptedCluster {
  leader: number | null = 1;
  readonly sent: Sent[] = [];
  private ids = 0n;

  leaderOf(): number | null {
    return this.leader;
  }

  refresh(): Promise<void> {
    return Promise.resolve();
  }

  newProducerId(): Promise<{ producerId: bigint; epoch: number }> {
    return Promise.resolve({ producerId: (this.ids += 1n), epoch: 0 });
  }

  send<T>(node: number, { payload }: WireRequest<T>): Promise<T> {
    // One topic of one partition: null, acks, timeout, 1 topic, "OK", 1 partition, its number, size, batch.
    const at = 2 + 2 + 4 + 4 + (2 + 2) + 4;
    const partition = payload.readInt32BE(at);
    const { recordCount } = readBatchHeader(payload, at + 8);
    return new Promise((resolve, reject) => {
      const answer = (errorCode: number, baseOffset: number): void => resolve([{ topic: 'OK', partition, errorCode, baseOffset }] satisfies ProducedPartition[] as T);
      this.sent.push({ node, records: recordCount, answer, fail: () => reject(new Error('no answer')) });
    });
  }

  async next(count: number): Promise<Sent> {
    await waitFor(`request ${count}`, () => this.sent.length >= count);
    return this.sent[count - 1]!;
  }
}

describe('KafkaAppender, by the answers that it gets', () => {
  let cluster: ScriptedCluster;
  let appender: KafkaAppender;
  const start = (deliveryLimitMs = 9_000): void => {
    cluster = new ScriptedCluster();
    appender = new KafkaAppender({ cluster: cluster as unknown as KafkaCluster, clock: systemClock, log: silentLog, partitions: 1, maxWaitingBytes: 1_000_000, deliveryLimitMs });
  };
  const append = (value: string) => appender.append('OK', [{ key: '7', value: Buffer.from(value) }]);

  it('does not send a batch to the new leader while the old one still has it', async () => {
    start();
    const first = append('a');
    const toOld = await cluster.next(1);
    cluster.leader = 2;
    const second = append('b');
    await systemClock.sleep(50); // in which nothing may happen
    expect(cluster.sent).toHaveLength(1);
    toOld.answer(KAFKA_ERROR.notLeaderOrFollower, -1);
    const toNew = await cluster.next(2);
    expect([toOld.node, toNew.node, toNew.records]).toEqual([1, 2, 1]);
    toNew.answer(KAFKA_ERROR.none, 40);
    expect(await first).toEqual([{ partition: 0, offset: 40 }]);
    (await cluster.next(3)).answer(KAFKA_ERROR.none, 41);
    expect(await second).toEqual([{ partition: 0, offset: 41 }]);
    await appender.close();
  });

  it('refuses an append at its limit though the request is still on its way, and takes no late answer to it for one to the next', async () => {
    start(100);
    const given = append('a');
    const late = await cluster.next(1);
    await expect(given).rejects.toThrow(/not known whether it was stored/);
    const next = append('b');
    late.answer(KAFKA_ERROR.none, 5);
    (await cluster.next(2)).answer(KAFKA_ERROR.none, 6);
    expect(await next).toEqual([{ partition: 0, offset: 6 }]);
    await appender.close();
  });

  it('sends again what got no answer, and waits for a leader when there is none', async () => {
    start();
    const appending = append('a');
    (await cluster.next(1)).fail();
    cluster.leader = null;
    await systemClock.sleep(150);
    expect(cluster.sent).toHaveLength(1);
    cluster.leader = 3;
    const again = await cluster.next(2);
    again.answer(KAFKA_ERROR.none, 1);
    expect([again.node, await appending]).toEqual([3, [{ partition: 0, offset: 1 }]]);
    await appender.close();
  });

  it('sends what waits before it closes, and takes nothing more', async () => {
    start();
    const appending = append('a');
    const closing = appender.close();
    await expect(append('b')).rejects.toThrow(LogUnavailable);
    (await cluster.next(1)).answer(KAFKA_ERROR.none, 0);
    await Promise.all([appending, closing]);
  });
});
