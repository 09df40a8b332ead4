import { Random } from '../../../src/cli/simulator/random.js';
import type { Scheduler } from './scheduler.js';
import { SimEventStoreServer } from './sim-event-store.js';
import { SimLogServer } from './sim-log-server.js';
import { SimMailServer } from './sim-mail-server.js';
import { NO_FAULTS, SimNetwork, type CallFaults } from './sim-network.js';

export const SERVER_NAMES = ['store', 'log', 'mail', 'customers', 'disk'] as const;
export type ServerName = (typeof SERVER_NAMES)[number];

/** All that processes reach, each over a network of its own. */
export class SimServers {
  readonly events: SimEventStoreServer;
  readonly log: SimLogServer;
  readonly mail: SimMailServer;
  readonly storeNetwork: SimNetwork;
  readonly logNetwork: SimNetwork;
  readonly mailNetwork: SimNetwork;
  readonly customerNetwork: SimNetwork;
  readonly diskNetwork: SimNetwork;
  private readonly down = new Map<ServerName, number>();
  private isFaultless = false;

  constructor(
    readonly scheduler: Scheduler,
    seed: string,
    faults: Readonly<Record<ServerName, CallFaults>>,
    isKeyed: boolean,
  ) {
    const now = (): number => scheduler.nowMs;
    this.mail = new SimMailServer(Random.seeded(`${seed} refusals`));
    const skips = Random.seeded(`${seed} skips`);
    this.events = new SimEventStoreServer(now);
    this.log = new SimLogServer(now, { skips: () => skips.fraction() < 0.05, mostFetched: 12, isKeyed });
    const network = (name: ServerName): SimNetwork =>
      new SimNetwork(Random.seeded(`${seed} ${name}`), () => (this.isFaultless ? { faults: NO_FAULTS, isDown: false } : { faults: faults[name], isDown: (this.down.get(name) ?? 0) > now() }));
    this.storeNetwork = network('store');
    this.logNetwork = network('log');
    this.mailNetwork = network('mail');
    this.customerNetwork = network('customers');
    this.diskNetwork = network('disk');
  }

  /** As one whose process is gone, or whose disk is full. */
  takeDown(name: ServerName, forMs: number): void {
    this.down.set(name, this.scheduler.nowMs + forMs);
  }

  /** From now on nothing fails. */
  endFaults(): void {
    this.isFaultless = true;
  }

  get faultsMet(): number {
    return [this.storeNetwork, this.logNetwork, this.mailNetwork, this.customerNetwork, this.diskNetwork].reduce((sum, { faults }) => sum + faults, 0);
  }
}
