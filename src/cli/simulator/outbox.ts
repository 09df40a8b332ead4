import type { PlannedMessage } from './message-plan.js';

type Topic = PlannedMessage['topic'];

/**
 * Messages that are due but not sent, such that a sensor never has two messages under way: its next one is
 * given only after `release`, which keeps each sensor's order whatever fails or is retried.
 */
export class Outbox {
  private readonly ready: Record<Topic, PlannedMessage[]> = { ENTRY: [], OK: [] };
  /** Sensors with a message ready or under way, and those that wait behind it. */
  private readonly busy = new Map<number, PlannedMessage[]>();
  private held = 0;

  /** Messages not yet taken. */
  get size(): number {
    return this.held;
  }

  /** Messages that can be taken now. */
  readyFor(topic: Topic): number {
    return this.ready[topic].length;
  }

  add(message: PlannedMessage): void {
    this.held += 1;
    const waiting = this.busy.get(message.sensorId);
    if (waiting === undefined) {
      this.busy.set(message.sensorId, NOBODY);
      this.ready[message.topic].push(message);
    } else if (waiting === NOBODY) {
      this.busy.set(message.sensorId, [message]);
    } else {
      waiting.push(message);
    }
  }

  /** At most `limit` messages, each of another sensor. */
  take(topic: Topic, limit: number): PlannedMessage[] {
    const taken = this.ready[topic].splice(0, limit);
    this.held -= taken.length;
    return taken;
  }

  /** The outcome of the sensor's message is settled. */
  release(sensorId: number): void {
    const next = this.busy.get(sensorId)?.shift();
    if (next) this.ready[next.topic].push(next);
    else this.busy.delete(sensorId);
  }
}

/** Shared, so that the usual sensor with nobody waiting costs no array. */
const NOBODY: PlannedMessage[] = [];
