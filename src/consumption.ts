import type { Logger } from 'pino';
import type { StrikePolicy } from './alarm-domain/strike-policy.js';
import type { ApplicationProgress } from './application-progress.js';
import { consumeOptions } from './ingestion/consume-options.js';
import type { ReceiptBook } from './ingestion/receipt-book.js';
import type { SensorStates } from './ingestion/sensor-states.js';
import type { ConsumeOptions } from './message-log/message-log.js';

export interface ConsumptionParts {
  readonly receipts: ReceiptBook;
  readonly sensors: SensorStates;
  readonly policy: StrikePolicy;
  readonly progress: ApplicationProgress;
  readonly logger: Logger;
}

/** How the log is consumed, and what is told of it: to the log of the process and to those that ask for its progress. */
export function consumption({ receipts, sensors, policy, progress, logger }: ConsumptionParts): Omit<ConsumeOptions, 'handle' | 'signal'> {
  return {
    ...consumeOptions(receipts, sensors, policy, {
      unknown: (topic, partition, error) => logger.warn({ err: error, topic, partition }, 'where to go on is not known yet; it is asked again'),
      missing: (topic, partition, records) => {
        progress.lostRecords += records;
        logger.error({ topic, partition, missing: records }, 'records were deleted from the log before they were processed');
      },
      begunAgain: (topic, partition, next) => logger.warn({ topic, partition, next }, 'the partition ends before its last receipt: it has begun again, and its offsets count anew'),
    }),
    onAssignment: (numbers) => {
      progress.assignment = numbers;
    },
  };
}
