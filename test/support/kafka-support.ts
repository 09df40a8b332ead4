import type { KafkaLogSink } from '../../src/message-log/kafka/kafka-cluster.js';

/** Shows warnings with TEST_LOG=1 and everything with TEST_LOG=debug, for someone who looks into a failure. */
export const silentLog: KafkaLogSink = {
  warn: (details, message) => {
    if (process.env['TEST_LOG'] !== undefined) console.warn(message, details);
  },
  debug: (details, message) => {
    if (process.env['TEST_LOG'] === 'debug') console.warn(message, details);
  },
};
