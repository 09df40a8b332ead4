import { Random } from '../../../src/cli/simulator/random.js';
import { projectionSinkContract } from '../../contracts/projection-sink.contract.js';
import { selfRunning } from './real-time.js';
import { NO_FAULTS, SimNetwork } from './sim-network.js';
import { SimProcess } from './sim-process.js';
import { SimProjectionSink, SimReadModelDisk } from './sim-projection-sink.js';

describe('SimProjectionSink', () => {
  const time = selfRunning();
  afterAll(() => time.stop());

  projectionSinkContract('SimProjectionSink', async () => {
    const disk = new SimReadModelDisk();
    const network = new SimNetwork(Random.seeded('contract'), () => ({ isDown: false, faults: NO_FAULTS }));
    return { open: async () => new SimProjectionSink(disk, network, new SimProcess('contract', time.scheduler)) };
  });
});
