import type { Logger } from 'pino';
import type { StrikePolicy } from './alarm-domain/strike-policy.js';
import type { Supervision } from './alarm-life/supervision.js';
import type { ApplicationProgress } from './application-progress.js';
import { ownHearing, type Hearing } from './ingestion/normal-readings.js';
import type { ReceiptBook } from './ingestion/receipt-book.js';
import type { SensorStates } from './ingestion/sensor-states.js';
import type { ConsumeOptions, SensorTopic } from './message-log/message-log.js';

export interface ConsumptionParts {
  readonly receipts: ReceiptBook;
  readonly sensors: SensorStates;
  /** Left out where nobody asks whether sensors are silent. */
  readonly supervision?: Pick<Supervision, 'open' | 'close'>;
  /** This process's own by default. */
  readonly hearing?: Hearing;
  readonly policy: StrikePolicy;
  readonly progress: ApplicationProgress;
  readonly logger: Logger;
}

/** How the log is consumed: from the last receipt on, and with the states that belong to it. */
export function consumption({ receipts, sensors, supervision, hearing = ownHearing, policy, progress, logger }: ConsumptionParts): Omit<ConsumeOptions, 'handle' | 'signal'> {
  const lose = (topic: SensorTopic, partition: number, missing: number): void => {
    progress.lostRecords += missing;
    logger.error({ topic, partition, missing }, 'records were deleted from the log before they were processed');
  };
  return {
    resumeAt: async (topic, partition, range) => {
      const { next, missing, hasBegunAgain, remembered } = await receipts.open(topic, partition, range).catch((error: unknown) => {
        logger.warn({ err: error, topic, partition }, 'where to go on is not known yet; it is asked again');
        throw error;
      });
      if (missing > 0) lose(topic, partition, missing);
      if (hasBegunAgain) logger.warn({ topic, partition, next }, 'the partition ends before its last receipt: it has begun again, and its offsets count anew');
      sensors.forgetAll();
      sensors.recall(remembered);
      await supervision?.open(partition);
      return next;
    },
    onAssignment: (numbers) => {
      progress.assignment = numbers;
    },
    recordedThrough: (topic, partition) => receipts.recordedThrough(topic, partition),
    requireKept: (partition) => receipts.requireKept(partition),
    onRelease: async (partition) => {
      if (supervision) await closeSupervision(supervision, partition, logger);
      await receipts.release(partition);
    },
    // With clearOnNormal a normal reading may have an effect, so each must be looked at.
    discard: policy.clearOnNormal ? hearing.noReadings : hearing.normalReadings,
  };
}

/** What is not stored of it is learned anew. */
export async function closeSupervision(supervision: Pick<Supervision, 'close'>, partition: number, logger: Logger): Promise<void> {
  await supervision.close(partition).catch((error: unknown) => logger.warn({ err: error, partition }, 'when sensors were last heard of was not stored'));
}
