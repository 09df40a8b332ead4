import { ALL_TOPICS, PARTITIONS, type AppendedRecord, type LogRecord, type OutgoingRecord, type PartitionRange, type SensorTopic } from '../../../src/message-log/message-log.js';
import { partitionFor } from '../../../src/message-log/murmur2.js';
import { Wakeup } from '../../../src/message-log/wakeup.js';

/** A record as the server has it; `order` is that of all appends to all topics. */
export interface KeptRecord extends LogRecord {
  readonly order: number;
}

export type FetchedRecord = KeptRecord & { readonly topic: SensorTopic };

interface Partition {
  readonly records: KeptRecord[];
  nextOffset: number;
}

/** A consumer is taken for dead when it has not been heard of for so long. */
const SESSION_MS = 10_000;

/** How long readings wait for an OK from before them. Source: ADR 8. */
const LONGEST_HOLD_MS = 2000;

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
  private readonly committed = new Map<string, number>();
  private readonly heldSinceMs = new Map<number, number>();
  private order = 0;
  private lastMs = 0;
  private keyless = 0;

  /** `skips` says whether the next offset holds no record, as one of a transaction's markers; `mostFetched` is how many records a fetch gives. Unless `isKeyed` a sensor's records may be in any partition. */
  constructor(
    private readonly now: () => number,
    private readonly options: { readonly skips: () => boolean; readonly mostFetched: number; readonly isKeyed: boolean },
  ) {
    for (const topic of ALL_TOPICS) this.topics.set(topic, Array.from({ length: PARTITIONS }, () => ({ records: [], nextOffset: 0 })));
  }

  get isKeyed(): boolean {
    return this.options.isKeyed;
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

  /** The next records of ENTRY and OK of a partition number, in the order of their appends; `isHeld`: an OK waits for readings of other partitions. */
  fetch(number: number, from: Readonly<Record<SensorTopic, number>>): { readonly records: readonly FetchedRecord[]; readonly isHeld: boolean } {
    const of = (topic: SensorTopic) => this.records(topic, number, from[topic]).map((record) => ({ ...record, topic }));
    const all = [...of('ENTRY'), ...of('OK')].sort((a, b) => a.order - b.order);
    const held = this.options.isKeyed ? undefined : all.find((record) => record.topic === 'OK' && !this.isReadBefore(record));
    if (!held) return { records: all.slice(0, this.options.mostFetched), isHeld: false };
    const since = this.heldSinceMs.get(held.order) ?? this.now();
    this.heldSinceMs.set(held.order, since);
    // An alarm does not wait longer for a recovery: readings go ahead of it then.
    const mayGoAhead = this.now() - since > LONGEST_HOLD_MS;
    const records = all.filter(({ order, topic }) => order < held.order || (mayGoAhead && topic === 'ENTRY'));
    return { records: records.slice(0, this.options.mostFetched), isHeld: true };
  }

  /** What has been handled of a partition for good, exclusive. */
  commit(topic: SensorTopic, number: number, through: number): void {
    const key = `${topic}-${number}`;
    this.committed.set(key, Math.max(through, this.committed.get(key) ?? 0));
  }

  /** Whether all readings that were appended before a record have been handled, in whatever partition. */
  private isReadBefore({ order }: KeptRecord): boolean {
    return this.partitions('ENTRY').every(({ records }, number) => {
      const through = this.committed.get(`ENTRY-${number}`) ?? 0;
      return records.every((record) => record.order > order || record.offset < through);
    });
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
