import type { Position } from '../event-store/event-store.js';

interface Pending {
  /** The position read before this one: as far as a checkpoint may go while this one is pending. */
  readonly before: Position | null;
  readonly sinceMs: number;
  /** Asked for again while in work. */
  again: boolean;
}

/** The alarms that were read and whose e-mail is not final yet, in the order of reading. */
export class PendingAlarms {
  private readonly alarms = new Map<string, Pending>();
  private read: Position | null;

  constructor(start: Position | null) {
    this.read = start;
  }

  get size(): number {
    return this.alarms.size;
  }

  /** The position of the newest event read. */
  get lastRead(): Position | null {
    return this.read;
  }

  /** Takes the alarms of one event; gives those that were not pending already. The others will be looked at once more. */
  add(alarmIds: readonly string[], position: Position, nowMs: number): readonly string[] {
    const before = this.read;
    this.read = position;
    return alarmIds.filter((alarmId) => {
      const known = this.alarms.get(alarmId);
      if (known) known.again = true;
      else this.alarms.set(alarmId, { before, sinceMs: nowMs, again: false });
      return known === undefined;
    });
  }

  /** Everything up to `position` was read. */
  passed(position: Position): void {
    if (this.read === null || position > this.read) this.read = position;
  }

  /** False when the alarm was asked for again meanwhile and is to be looked at once more. */
  finish(alarmId: string): boolean {
    const pending = this.alarms.get(alarmId);
    if (pending?.again) {
      pending.again = false;
      return false;
    }
    this.alarms.delete(alarmId);
    return true;
  }

  /** The position up to which all is final. */
  safePosition(): Position | null {
    const [oldest] = this.alarms.values();
    return oldest ? oldest.before : this.read;
  }

  oldestSinceMs(): number | null {
    const [oldest] = this.alarms.values();
    return oldest ? oldest.sinceMs : null;
  }
}
