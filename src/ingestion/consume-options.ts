import type { StrikePolicy } from '../alarm-domain/strike-policy.js';
import type { ConsumeOptions, SensorTopic } from '../message-log/message-log.js';
import { normalReadings } from './normal-readings.js';
import type { ReceiptBook } from './receipt-book.js';
import type { SensorStates } from './sensor-states.js';

/** What is found when a partition is begun. */
export interface BeginningObserver {
  /** Where to go on is not known yet; it is asked again. */
  unknown(topic: SensorTopic, partition: number, error: unknown): void;
  /** The log had deleted so many records before they were processed. */
  missing(topic: SensorTopic, partition: number, records: number): void;
  /** The partition ends before its last receipt, and its offsets count anew from `next` on. */
  begunAgain(topic: SensorTopic, partition: number, next: number): void;
}

/** How the log is consumed: from the receipts on, with states as they are then; the receipts are stored when a partition goes. */
export function consumeOptions(
  receipts: ReceiptBook,
  sensors: SensorStates,
  policy: StrikePolicy,
  observer: BeginningObserver,
): Pick<ConsumeOptions, 'resumeAt' | 'recordedThrough' | 'onRelease' | 'discard'> {
  return {
    resumeAt: async (topic, partition, range) => {
      const { next, missing, hasBegunAgain, remembered } = await receipts.open(topic, partition, range).catch((error: unknown) => {
        observer.unknown(topic, partition, error);
        throw error;
      });
      if (missing > 0) observer.missing(topic, partition, missing);
      if (hasBegunAgain) observer.begunAgain(topic, partition, next);
      sensors.forgetAll();
      sensors.recall(remembered);
      return next;
    },
    recordedThrough: (topic, partition) => receipts.recordedThrough(topic, partition),
    onRelease: (partition) => receipts.release(partition),
    // With clearOnNormal a normal reading may have an effect, so each must be looked at.
    ...(policy.clearOnNormal ? {} : { discard: normalReadings }),
  };
}
