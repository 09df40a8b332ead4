import { Random } from '../../../src/cli/simulator/random.js';
import { messageLogContract } from '../../contracts/message-log.contract.js';
import { selfRunning } from './real-time.js';
import { SimLogServer } from './sim-log-server.js';
import { SimMessageLog } from './sim-message-log.js';
import { NO_FAULTS, SimNetwork } from './sim-network.js';
import { SimProcess } from './sim-process.js';

messageLogContract('SimMessageLog', async () => {
  const time = selfRunning();
  const random = Random.seeded('contract');
  const server = new SimLogServer(() => time.scheduler.nowMs, { skips: () => random.fraction() < 0.1, mostFetched: 5000, isKeyed: true });
  const network = new SimNetwork(random, () => ({ isDown: false, faults: NO_FAULTS }));
  const connect = () => new SimMessageLog(server, network, new SimProcess('contract', time.scheduler));
  let log = connect();
  return {
    log,
    reopen: async () => {
      await log.close();
      log = connect();
      return log;
    },
    close: async () => {
      await log.close();
      time.stop();
    },
  };
});
