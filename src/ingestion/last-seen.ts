import { setImmediate as nextTurn } from 'node:timers/promises';
import { PARTITIONS } from '../message-log/message-log.js';
import { partitionFor } from '../message-log/murmur2.js';
import { PathClock } from './path-clock.js';

/** What the module of the scan exports for this; see src/ingestion/assembly/last-seen.ts, which says what an entry is. */
export interface LastSeenExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly now: { value: number };
  readonly lastSeenDirectory: { readonly value: number };
  readonly lastSeenPages: { readonly value: number };
  readonly lastSeenMostPages: { readonly value: number };
  readonly lastSeenPagesUsed: { readonly value: number };
  readonly lastSeenRefused: { readonly value: number };
  lastSeenEntry(sensorId: number): number;
  seeSensor(sensorId: number): void;
}

/** One sensor; times in tenths of a second of its partition's `PathClock`. */
export interface Sighting {
  readonly sensorId: number;
  /** 0 when it has not been heard of. */
  readonly seen: number;
  /** The longest usual gap between two readings, and how many gaps there were, 127 for more. */
  readonly usualGap: number;
  readonly gaps: number;
  /** It is said to be silent. */
  readonly isFlagged: boolean;
}

const PAGE_IDS = 4096;
const DIRECTORY_PAGES = 2 ** 31 / PAGE_IDS;
const FLAG = 0x80000000;

/** Pages that are told in one turn of the event loop: 65,536 sensors, some milliseconds. */
const PAGES_AT_ONCE = 16;

/**
 * When each sensor was heard of last: normal readings tell it to the scan in WebAssembly, which keeps it in its own memory; the others
 * to `see`. Bounded: 8 bytes a sensor on pages of 4,096 ids, of which there is room for 256, a million sensors.
 */
export class LastSeen {
  private readonly clocks: PathClock[] = [];
  private readonly open = new Set<number>();
  private readonly words: Uint32Array;
  private readonly directory: Uint16Array;
  /** Of each entry its sensor's partition and one, 0 while that was not looked for. */
  private readonly partitions: Uint8Array;

  constructor(private readonly module: LastSeenExports) {
    const { memory, lastSeenPages, lastSeenDirectory, lastSeenMostPages } = module;
    const ids = lastSeenMostPages.value * PAGE_IDS;
    this.words = new Uint32Array(memory.buffer, lastSeenPages.value, 2 * ids);
    this.directory = new Uint16Array(memory.buffer, lastSeenDirectory.value, DIRECTORY_PAGES);
    this.partitions = new Uint8Array(ids);
  }

  /** Bytes that are taken, whatever sensors there are. */
  get bytes(): number {
    return this.words.byteLength + this.directory.byteLength + this.partitions.byteLength;
  }

  /** Readings of sensors for which there was no room: these are not supervised. */
  get refused(): number {
    return this.module.lastSeenRefused.value;
  }

  /** The partitions whose sensors this process hears of. */
  get openPartitions(): ReadonlySet<number> {
    return this.open;
  }

  /** What follows was appended then. */
  beginBatch(partition: number, appendedAtMs: number): void {
    const clock = (this.clocks[partition] ??= new PathClock());
    clock.advance(appendedAtMs);
    this.module.now.value = clock.tenths;
  }

  /** A reading of a sensor, of the batch that was begun last. */
  see(sensorId: number): void {
    this.module.seeSensor(sensorId);
  }

  now(partition: number): number {
    return this.clocks[partition]?.tenths ?? 0;
  }

  /** The partition is this process's from now on: what was kept of it before is forgotten, and these are its sensors. */
  openPartition(partition: number, now: number, sightings: Iterable<Sighting>): void {
    for (const page of this.pages()) this.tellPage(page, partition, ({ sensorId }) => this.write(sensorId, 0, 0));
    this.clocks[partition] = new PathClock(now);
    this.open.add(partition);
    for (const { sensorId, seen, usualGap, gaps, isFlagged } of sightings) this.write(sensorId, seen, ((isFlagged ? FLAG : 0) | (gaps << 24) | usualGap) >>> 0);
  }

  closePartition(partition: number): void {
    this.open.delete(partition);
  }

  /** Every sensor of a partition that was ever heard of, or is said to be silent; some at a time, so that others may be heard of meanwhile. */
  async forEach(partition: number, tell: (sighting: Sighting) => void): Promise<void> {
    let told = 0;
    for (const page of this.pages()) {
      this.tellPage(page, partition, tell);
      if ((told += 1) % PAGES_AT_ONCE === 0) await nextTurn();
    }
  }

  /** Says of a sensor that it is silent, or no longer. */
  flag(sensorId: number, isSilent: boolean): void {
    const entry = this.module.lastSeenEntry(sensorId);
    if (entry === 0) return;
    const at = this.wordAt(entry) + 1;
    this.words[at] = (isSilent ? (this.words[at] as number) | FLAG : (this.words[at] as number) & ~FLAG) >>> 0;
  }

  /** The pages that are taken. */
  private pages(): number[] {
    const pages: number[] = [];
    for (let page = 0; page < DIRECTORY_PAGES; page += 1) if (this.directory[page] !== 0) pages.push(page);
    return pages;
  }

  private tellPage(page: number, partition: number, tell: (sighting: Sighting) => void): void {
    const first = ((this.directory[page] as number) - 1) * PAGE_IDS;
    for (let index = 0; index < PAGE_IDS; index += 1) {
      const seen = this.words[2 * (first + index)] as number;
      const word = this.words[2 * (first + index) + 1] as number;
      if (seen === 0 && word === 0) continue;
      const sensorId = page * PAGE_IDS + index;
      this.partitions[first + index] ||= partitionOf(sensorId) + 1;
      if (this.partitions[first + index] === partition + 1) tell({ sensorId, seen, usualGap: word & 0xffffff, gaps: (word >>> 24) & 0x7f, isFlagged: word >= FLAG });
    }
  }

  private write(sensorId: number, seen: number, word: number): void {
    const entry = this.module.lastSeenEntry(sensorId);
    if (entry === 0) return;
    const at = this.wordAt(entry);
    this.words[at] = seen;
    this.words[at + 1] = word;
  }

  private wordAt(entry: number): number {
    return (entry - this.module.lastSeenPages.value) / 4;
  }
}

/** The partition number of a sensor's records, when their producer keys them by it. */
export function partitionOf(sensorId: number): number {
  return partitionFor(String(sensorId), PARTITIONS);
}
