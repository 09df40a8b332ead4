import { Random } from '../../../src/cli/simulator/random.js';
import { eventStoreContract } from '../../contracts/event-store.contract.js';
import { selfRunning } from './real-time.js';
import { SimEventStore, SimEventStoreServer } from './sim-event-store.js';
import { NO_FAULTS, SimNetwork } from './sim-network.js';
import { SimProcess } from './sim-process.js';

eventStoreContract('SimEventStore', async () => {
  const time = selfRunning();
  const server = new SimEventStoreServer(() => time.scheduler.nowMs);
  let isDown = false;
  let loses: 'loseCall' | 'loseAnswer' | null = null;
  const network = new SimNetwork(Random.seeded('contract'), () => {
    const faults = loses === null ? NO_FAULTS : { ...NO_FAULTS, [loses]: 1 };
    loses = null;
    return { isDown, faults };
  });
  return {
    open: async () => new SimEventStore(server, network, new SimProcess('contract', time.scheduler)),
    remove: async () => time.stop(),
    faults: {
      loseNextOutcome: (wasStored) => {
        loses = wasStored ? 'loseAnswer' : 'loseCall';
      },
      goAway: async () => void (isDown = true),
      comeBack: async () => void (isDown = false),
    },
  };
});
