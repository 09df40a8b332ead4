import { messageLogContract } from '../../../test/contracts/message-log.contract.js';
import { KafkaCluster } from '../../../test/servers/kafka.js';
import { silentLog } from '../../../test/support/kafka-support.js';
import { systemClock } from '../../clock.js';
import { KafkaMessageLog } from './kafka-message-log.js';

let kafka: KafkaCluster;

beforeAll(async () => {
  kafka = await KafkaCluster.start({ brokers: 2 });
}, 120_000);
afterAll(() => kafka.stop());

messageLogContract('KafkaMessageLog', async () => {
  const open = () => KafkaMessageLog.open({ brokers: kafka.bootstrapServers.split(','), tls: false, sasl: null, clock: systemClock, log: silentLog, replicationFactor: 2 });
  let log = await open();
  return {
    log,
    reopen: async () => {
      await log.close();
      log = await open();
      return log;
    },
    close: () => log.close(),
  };
});
