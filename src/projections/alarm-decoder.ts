import type { AlarmTriggered } from '../alarm-domain/alarm-events.js';
import { decodeEvent } from '../event-store/event-codec.js';
import type { RecordedEvent } from '../event-store/event-store.js';

/** So many alarms that can't be read are no bad events but a program that is too old. */
const MAX_UNREADABLE = 1000;

/** Makes alarms of recorded events, and remembers those that this program can't read; a repaired one can. */
export class AlarmDecoder {
  private readonly ids = new Set<string>();

  constructor(private readonly problem: (what: string, error: unknown) => void) {}

  /** How many could not be read. */
  get unreadable(): number {
    return this.ids.size;
  }

  /** Without those that can't be read. Thrown: an error when there are too many of them. */
  decodeAll(batch: readonly RecordedEvent[]): AlarmTriggered[] {
    return batch.map((recorded) => this.decode(recorded)).filter((alarm) => alarm !== null);
  }

  /** Null for an alarm that can't be read. Thrown: an error when there are too many of them. */
  decode(recorded: RecordedEvent): AlarmTriggered | null {
    try {
      return decodeEvent(recorded) as AlarmTriggered;
    } catch (error) {
      if (this.ids.has(recorded.id)) return null;
      if (this.ids.size === MAX_UNREADABLE) throw new Error(`${MAX_UNREADABLE} alarms can't be read: nothing is published until the program is repaired`, { cause: error });
      this.ids.add(recorded.id);
      this.problem('reading alarms', error);
      return null;
    }
  }
}
