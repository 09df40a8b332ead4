import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { systemClock } from '../../clock.js';
import { UnknownKafkajs } from './kafka-errors.js';

/** The method of kafkajs 2.2.4 that sets a timer of 1 ms again and again while there is nothing to send (its issues 1604 and 1751). */
interface QueueInside {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

const queue = RequestQueue.prototype as unknown as Partial<QueueInside>;
const original = queue.scheduleCheckPendingRequests;
if (!original) throw new UnknownKafkajs("kafkajs' request queue has no scheduleCheckPendingRequests");

/** Lets an idle connection rest: what waits is checked when something waits, or while the broker throttles. */
queue.scheduleCheckPendingRequests = function (this: QueueInside): void {
  if (this.pending.length > 0 || this.throttledUntil > systemClock.now()) original.call(this);
};
