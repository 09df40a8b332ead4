import { systemClock } from '../../src/clock.js';
import { KafkaMessageLog } from '../../src/message-log/kafka/kafka-message-log.js';
import { writeOut } from '../support/write-out.js';

/**
 * A member of the group that takes its first runs and never comes to an end with them: it writes
 * `holding <topic>-<partition>` for each. Arguments: the brokers, the session timeout in milliseconds.
 */
const log = await KafkaMessageLog.open({
  brokers: process.argv[2]!.split(','),
  tls: false,
  sasl: null,
  clock: systemClock,
  log: { warn: () => undefined, debug: () => undefined },
  replicationFactor: 1,
  sessionTimeoutMs: Number(process.argv[3]),
});
await log.consume({
  resumeAt: (_topic, _partition, { startOffset }) => Promise.resolve(startOffset),
  handle: async ([batch]) => {
    writeOut(`holding ${batch!.topic}-${batch!.partition}\n`);
    await new Promise(() => undefined);
  },
  signal: new AbortController().signal,
});
