import { ALL_TOPICS, PARTITIONS, type AppendedRecord, type LogRecord, type OutgoingRecord, type PartitionRange, type SensorTopic } from '../../../src/message-log/message-log.js';
import { partitionFor } from '../../../src/message-log/murmur2.js';
import { Wakeup } from '../../../src/message-log/wakeup.js';

/** A record as the server has it; `order` is that of all appends to all topics. */
export interface KeptRecord extends LogRecord {
  readonly order: number;
}

interface Partition {
  readonly records: KeptRecord[];
  nextOffset: number;
}

/** A consumer is taken for dead when it has not been heard of for so long. */
const SESSION_MS = 10_000;

interface Member {
  heardAtMs: number;
  readonly numbers: Set<number>;
}

/** The message log's server: topics and partitions, and the group of consumers that shares the partition numbers out. */
export class SimLogServer {
  readonly identity = 'simulated-log';
  readonly appended = new Wakeup();
  private readonly topics = new Map<string, readonly Partition[]>();
  private readonly members = new Map<string, Member>();
  private order = 0;
  private lastMs = 0;
  private keyless = 0;

  /** `skips` says whether the next offset holds no record, as one of a transaction's markers; `mostFetched` is how many records a fetch gives. */
  constructor(
    private readonly now: () => number,
    private readonly options: { readonly skips: () => boolean; readonly mostFetched: number },
  ) {
    for (const topic of ALL_TOPICS) this.topics.set(topic, Array.from({ length: PARTITIONS }, () => ({ records: [], nextOffset: 0 })));
  }

  // ---- topics -----------------------------------------------------------------------------------

  /** The records of one append have one time, and no two appends have the same. */
  append(topic: string, records: readonly OutgoingRecord[]): AppendedRecord[] {
    const partitions = this.partitions(topic);
    this.lastMs = Math.max(this.now(), this.lastMs + 1);
    const appended = records.map(({ key, value, headers = {} }) => {
      const number = key === null ? (this.keyless += 1) % PARTITIONS : partitionFor(key, PARTITIONS);
      const partition = partitions[number] as Partition;
      if (this.options.skips()) partition.nextOffset += 1;
      const offset = partition.nextOffset;
      this.order += 1;
      partition.records.push({ offset, key: key === null ? null : Buffer.from(key), value, headers, appendedAtMs: this.lastMs, order: this.order });
      partition.nextOffset += 1;
      return { partition: number, offset };
    });
    this.appended.ring();
    return appended;
  }

  describe(topic: string): PartitionRange[] {
    return this.partitions(topic).map(({ nextOffset }, partition) => ({ partition, startOffset: 0, endOffset: nextOffset }));
  }

  endOffset(topic: string, partition: number): number {
    return this.partition(topic, partition).nextOffset;
  }

  records(topic: string, partition: number, fromOffset: number, toOffset = Infinity): KeptRecord[] {
    return this.partition(topic, partition).records.filter(({ offset }) => offset >= fromOffset && offset < toOffset);
  }

  /** The next records of ENTRY and OK of a partition number, in the order of their appends. */
  fetch(number: number, from: Readonly<Record<SensorTopic, number>>): (KeptRecord & { readonly topic: SensorTopic })[] {
    const of = (topic: SensorTopic) => this.records(topic, number, from[topic]).map((record) => ({ ...record, topic }));
    return [...of('ENTRY'), ...of('OK')].sort((a, b) => a.order - b.order).slice(0, this.options.mostFetched);
  }

  private partitions(topic: string): readonly Partition[] {
    return this.topics.get(topic) ?? [];
  }

  private partition(topic: string, number: number): Partition {
    return this.partitions(topic)[number] as Partition;
  }

  // ---- group ------------------------------------------------------------------------------------

  /** A consumer is there; gives the partition numbers that are its own, and those of them that it is to give back. */
  heartbeat(id: string): { readonly numbers: readonly number[]; readonly toRelease: readonly number[] } {
    const member = this.members.get(id) ?? { heardAtMs: 0, numbers: new Set<number>() };
    this.members.set(id, member);
    member.heardAtMs = this.now();
    for (const [other, { heardAtMs }] of this.members) if (this.now() - heardAtMs > SESSION_MS) this.members.delete(other);
    const ids = [...this.members.keys()];
    const toRelease: number[] = [];
    for (let number = 0; number < PARTITIONS; number += 1) {
      const wanted = ids[number % ids.length] === id;
      const owner = [...this.members].find(([, { numbers }]) => numbers.has(number))?.[0];
      if (wanted && owner === undefined) member.numbers.add(number);
      if (!wanted && owner === id) toRelease.push(number);
    }
    return { numbers: [...member.numbers], toRelease };
  }

  release(id: string, number: number): void {
    this.members.get(id)?.numbers.delete(number);
  }

  leave(id: string): void {
    this.members.delete(id);
  }
}
