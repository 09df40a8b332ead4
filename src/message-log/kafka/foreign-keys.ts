import type { LogRecord } from '../message-log.js';
import { partitionFor } from '../murmur2.js';

/** Stands beside each committed offset once a foreign key was met: so the group's other members know, and those to come. */
export const FOREIGN_KEYS_MARK = 'foreign-keys';

/** How long the others may take to read what was committed: they look each second. */
const OTHERS_LEARN_MS = 2_500;

/** A sensor id as the ingest endpoint writes it. */
const SENSOR_KEY = /^(?:0|[1-9]\d{0,9})$/;

/** Whether a record's sensor may have its other records in any partition: its key is none of a sensor, or does not lead to its partition. */
export function isForeign({ key, unreadableBatch }: Pick<LogRecord, 'key' | 'unreadableBatch'>, partition: number, partitions: number): boolean {
  if (unreadableBatch !== undefined) return false; // no sensor will be known of it
  const text = key?.toString('utf8');
  return text === undefined || !SENSOR_KEY.test(text) || partitionFor(text, partitions) !== partition;
}

/** What a process knows of foreign keys, its own and the other members': from the first one on no key can be trusted. */
export class ForeignKeys {
  private isMet = false;
  private toldAt = Infinity;

  get areMet(): boolean {
    return this.isMet;
  }

  /** Whether the group is still to be told. */
  get areToBeTold(): boolean {
    return this.isMet && this.toldAt === Infinity;
  }

  meet(): void {
    this.isMet = true;
  }

  told(now: number): void {
    this.toldAt = Math.min(this.toldAt, now);
  }

  /** Whether every member must have learnt of them by now. */
  areKnownToAll(now: number): boolean {
    return now - this.toldAt >= OTHERS_LEARN_MS;
  }
}
