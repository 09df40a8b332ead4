import { Counter, type Registry } from 'prom-client';
import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { KafkaMessageLog } from './kafka/kafka-message-log.js';
import { MembershipFile } from './kafka/membership-file.js';
import { LibsqlMessageLog } from './libsql-message-log.js';
import type { MessageLog } from './message-log.js';

/** Kafka's log when brokers are configured, else the one in the data folder. */
export async function openMessageLog(config: Config, clock: Clock, logger: Logger, registry: Registry): Promise<MessageLog> {
  if (config.kafka === null) return LibsqlMessageLog.open(config.dataDir, { clock });
  const rebalances = new Counter({ name: 'vigia_kafka_rebalances_total', help: 'Times that this process was given its partitions anew.', registers: [registry] });
  // An ingest process consumes nothing, and has no data folder.
  const membership = config.roles.has('process') ? { membership: new MembershipFile(config.dataDir) } : {};
  return KafkaMessageLog.open({ ...config.kafka, ...membership, clock, log: logger, onRebalance: () => rebalances.inc() });
}
