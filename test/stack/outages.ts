import type { Product } from '../acceptance/product.js';
import type { Stack } from './stack.js';
import type { MemberName } from './stack-plan.js';

/** What is killed with -9, and how it comes back. */
export interface Outage {
  /** Of `SYSTEMS`. */
  readonly system: string;
  readonly node: string;
  kill(): Promise<void>;
  /** Starts it again on its data, and waits until it answers. */
  restore(): Promise<unknown>;
  /** How long it is away before it is started again. */
  readonly awayMs: number;
}

/** Long enough for the others to notice: a broker that is gone is fenced after 3 s, a node of Cassandra is believed dead after some ten. */
const AWAY_MS = { kafka: 5_000, cassandra: 10_000, other: 2_000 };

/** Shortly: what notices an absence only after a while has then been away for less. */
const SHORTLY_MS = 2_000;

/** One node of each system; which, is told by `round`, from 0. Of HAProxy, as in the source, there is only one, and while it is away readings wait at the sensors. */
export function outagesOf({ systems, members, haproxy, prometheus }: Stack, round: number, isShort: boolean): readonly Outage[] {
  const away = (system: 'kafka' | 'cassandra'): number => (isShort ? SHORTLY_MS : AWAY_MS[system]);
  const simple = (system: string, server: { kill(): Promise<void>; restart(): Promise<unknown> }): Outage => ({
    system, node: system, awayMs: AWAY_MS.other, kill: () => server.kill(), restore: () => server.restart(),
  });
  const member = (system: string, name: MemberName): Outage => ({ system, node: name, awayMs: AWAY_MS.other, kill: () => members[name].kill(), restore: () => restarted(members[name]) });
  const { kafka, cassandra, store } = systems;
  const broker = (round % 2) + 1;
  const node = (round % 3) + 1;
  const number = (round % 2) + 1;
  return [
    { system: 'Cassandra', node: `Cassandra node ${node}`, awayMs: away('cassandra'), kill: () => cassandra.kill(node), restore: () => cassandra.restart(node) },
    { system: 'Kafka', node: `Kafka broker ${broker}`, awayMs: away('kafka'), kill: () => kafka.kill(broker), restore: () => kafka.restart(broker) },
    simple('InfluxDB', systems.influx),
    member('process', `process-${number as 1 | 2}`),
    simple('Mailpit', systems.mailpit),
    { system: 'EventStoreDB', node: 'double of EventStoreDB', awayMs: AWAY_MS.other, kill: () => store.kill(), restore: () => store.start() },
    member('ingest', `ingest-${number as 1 | 2}`),
    simple('Prometheus', prometheus),
    member('project', 'project'),
    member('notify', 'notify'),
    member('console', 'console'),
    simple('HAProxy', haproxy),
  ];
}

async function restarted(product: Product): Promise<void> {
  product.start();
  await product.waitUntilUp();
}
