import { Module } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { EventStore } from '../event-store/event-store.js';
import type { MessageLog } from '../message-log/message-log.js';
import { CLOCK, CONFIG, EVENT_STORE, LOGGER, MESSAGE_LOG, METRICS } from '../tokens.js';
import { BatchHandler } from './batch-handler.js';
import { ConsumerLag } from './consumer-lag.js';
import { DeadLetters } from './dead-letters.js';
import { IngestMetrics } from './ingest-metrics.js';
import { LastSeen } from './last-seen.js';
import { LastSeenSnapshots } from './last-seen-snapshots.js';
import { lastSeen } from './normal-readings.js';
import { ProcessingMetrics } from './processing-metrics.js';
import { ReadingsController } from './readings.controller.js';
import { ReceiptBook } from './receipt-book.js';
import { SensorStates } from './sensor-states.js';

/** Log → rules → events, in the order of the flow. */
@Module({
  controllers: [ReadingsController],
  providers: [
    { provide: SensorStates, useFactory: (store: EventStore) => new SensorStates(store), inject: [EVENT_STORE] },
    {
      provide: ReceiptBook,
      useFactory: (store: EventStore, log: MessageLog, clock: Clock) => new ReceiptBook(store, log.identity, clock),
      inject: [EVENT_STORE, MESSAGE_LOG, CLOCK],
    },
    {
      provide: ConsumerLag,
      useFactory: (log: MessageLog, receipts: ReceiptBook, registry: Registry) => new ConsumerLag(log, receipts, registry),
      inject: [MESSAGE_LOG, ReceiptBook, METRICS],
    },
    {
      provide: DeadLetters,
      useFactory: (log: MessageLog, store: EventStore, clock: Clock) => new DeadLetters(log, store, clock),
      inject: [MESSAGE_LOG, EVENT_STORE, CLOCK],
    },
    // The scan is made once in a process, and keeps them in its memory.
    { provide: LastSeen, useValue: lastSeen },
    {
      provide: LastSeenSnapshots,
      useFactory: (store: EventStore, log: MessageLog, clock: Clock) => new LastSeenSnapshots(store, log.identity, clock),
      inject: [EVENT_STORE, MESSAGE_LOG, CLOCK],
    },
    {
      provide: ProcessingMetrics,
      useFactory: (registry: Registry, clock: Clock, logger: Logger) =>
        new ProcessingMetrics(registry, clock, (error) => logger.error({ err: error }, 'a batch failed and will be handled again')),
      inject: [METRICS, CLOCK, LOGGER],
    },
    {
      provide: IngestMetrics,
      useFactory: (registry: Registry, logger: Logger) => new IngestMetrics(registry, (error) => logger.error({ err: error }, 'the ingest endpoint failed')),
      inject: [METRICS, LOGGER],
    },
    {
      provide: BatchHandler,
      useFactory: (
        log: MessageLog, store: EventStore, sensors: SensorStates, receipts: ReceiptBook,
        deadLetters: DeadLetters, config: Config, clock: Clock, metrics: ProcessingMetrics,
      ) => new BatchHandler(log.identity, store, sensors, receipts, deadLetters, config.policy, clock, metrics),
      inject: [MESSAGE_LOG, EVENT_STORE, SensorStates, ReceiptBook, DeadLetters, CONFIG, CLOCK, ProcessingMetrics],
    },
  ],
  exports: [SensorStates, ReceiptBook, ConsumerLag, DeadLetters, IngestMetrics, LastSeen, LastSeenSnapshots],
})
export class IngestionModule {}
