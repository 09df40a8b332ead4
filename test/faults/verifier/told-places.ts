import { crc32 } from 'node:zlib';
import type { Outputs } from './outputs.js';
import type { ExpectedRecord } from './reference-fold.js';

/** Places that share a table, so that a partition needs four bytes for each of its records. */
const TABLE = 4096;

/**
 * P1: what a client was told is in the log is there, at that place, with those bytes. A client that got no answer knows nothing.
 * Where all that was sent is known there is nothing else, and nothing that was refused.
 *
 * Of each record it keeps a checksum at the place that was told, until the record has been seen there.
 */
export class ToldPlaces {
  /** Tables by number, by partition. */
  private readonly partitions = new Map<string, Map<number, Uint32Array>>();
  private readonly found: string[] = [];
  /** Records that nobody was told of, by what they say. */
  private readonly strangers = new Map<string, string[]>();

  constructor(private readonly outputs: Pick<Outputs, 'sent' | 'sentHas'>) {
    for (const { topic, value, outcome, places } of outputs.sent ?? []) {
      if (outcome === 'accepted' && places.length === 0) this.found.push(`a record for ${topic} was accepted at no place`);
      for (const { partition, offset } of places) this.tell(topic, partition, offset, checksum(value));
    }
  }

  /** Takes each record of the log, in any order. */
  see({ topic, partition, record: { offset, value } }: ExpectedRecord): void {
    const table = this.partitions.get(`${topic}-${partition}`)?.get(Math.floor(offset / TABLE));
    const sum = checksum(value ?? '');
    if (table?.[offset % TABLE] === sum) table[offset % TABLE] = 0;
    else if (this.outputs.sentHas !== undefined) this.addStranger(`${topic} ${sum}`, `${topic}-${partition} ${offset}`);
  }

  /** When all were seen. */
  problems(): string[] {
    const missing: string[] = [];
    for (const [where, tables] of this.partitions) {
      for (const [number, table] of tables) {
        for (const [index, told] of table.entries()) if (told !== 0) missing.push(`${where} ${number * TABLE + index}: accepted, but not in the log`);
      }
    }
    return [...this.found, ...missing, ...this.unsent()];
  }

  /** Records that no client can have sent: those that are left when each answer that did not come has had one. */
  private unsent(): string[] {
    if (this.strangers.size === 0) return [];
    const { sent, sentHas } = this.outputs;
    const mayBe = new Map<string, number>();
    const refused = new Set<string>();
    for (const { topic, value, outcome } of sent ?? []) {
      const key = `${topic} ${checksum(value)}`;
      if (!this.strangers.has(key)) continue;
      if (outcome === 'refused') refused.add(key);
      else if (sentHas === 'every message') mayBe.set(key, Infinity);
      else if (outcome === 'unknown') mayBe.set(key, (mayBe.get(key) ?? 0) + 1);
    }
    return [...this.strangers].flatMap(([key, places]) => places.slice(mayBe.get(key) ?? 0).map((place) => `${place}: in the log, ${refused.has(key) ? 'though its client was told that it is not taken' : 'and no client sent it'}`));
  }

  private addStranger(key: string, place: string): void {
    const places = this.strangers.get(key);
    if (places) places.push(place);
    else this.strangers.set(key, [place]);
  }

  private tell(topic: string, partition: number, offset: number, sum: number): void {
    const where = `${topic}-${partition}`;
    const tables = this.partitions.get(where) ?? new Map<number, Uint32Array>();
    this.partitions.set(where, tables);
    const number = Math.floor(offset / TABLE);
    const table = tables.get(number) ?? new Uint32Array(TABLE);
    tables.set(number, table);
    const before = table[offset % TABLE] as number;
    if (before !== 0 && before !== sum) this.found.push(`${where} ${offset}: two records were accepted there`);
    table[offset % TABLE] = sum;
  }
}

/** Never 0, which stands for no record. */
function checksum(value: string): number {
  return crc32(value) || 1;
}
