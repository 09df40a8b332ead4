import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '../clock.js';
import type { EventStore } from '../event-store/event-store.js';
import { registerTotals } from '../total-counters.js';
import { LeaseStream } from './lease-stream.js';
import { LeasedRole, type LeaseStatus, type RoleLog, type SingleActiveRole, type TermWork } from './leased-role.js';
import type { Term } from './term.js';

export interface RoleLeasesOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly log: RoleLog;
  readonly registry: Registry;
}

/** The work of this process that one at a time does, under one owner's name, with its metrics. */
export class RoleLeases {
  /** For people the machine and the process; for programs what no other start has. */
  readonly owner = `${hostname()}/${process.pid}/${randomUUID()}`;
  private readonly roles: { status(): LeaseStatus }[] = [];

  constructor(private readonly options: RoleLeasesOptions) {
    registerMetrics(options.registry, () => this.roles.map((role) => role.status()));
  }

  /** `begin` starts the work of a term. `name`: the name of its lease, null where no other process can do the work. */
  role<Work extends TermWork>(role: SingleActiveRole, name: string | null, begin: (term: Term) => Work): LeasedRole<Work> {
    const { store, clock, log } = this.options;
    const lease = name === null ? null : new LeaseStream(name, store, clock);
    const leased = new LeasedRole({ role, lease, owner: this.owner, clock, log, begin });
    this.roles.push(leased);
    return leased;
  }
}

function registerMetrics(registry: Registry, statuses: () => readonly LeaseStatus[]): void {
  const labelNames = ['role'];
  const registers = [registry];
  const gauge = (name: string, help: string, valueOf: (status: LeaseStatus) => number) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        for (const status of statuses()) this.set({ role: status.role }, valueOf(status));
      },
    });
  const counter = (name: string, help: string, field: 'taken' | 'lost') =>
    registerTotals(registry, { name, help, labelNames }, () => statuses().map((status) => ({ labels: { role: status.role }, total: status[field] })));
  gauge('vigia_lease_held', '1 while this process does the work of a single-active role, else 0.', ({ state }) => (state === 'active' ? 1 : 0));
  gauge('vigia_lease_term', 'Number of the term that this process has last seen of a role’s lease; 0 where none is needed.', ({ term }) => term);
  counter('vigia_lease_takeovers_total', 'Times that this process has taken a role’s lease.', 'taken');
  counter('vigia_lease_losses_total', 'Times that this process has lost a role’s lease without having released it.', 'lost');
}
