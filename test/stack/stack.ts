import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { EventStoreServer } from '../acceptance/event-store-server.js';
import { Product } from '../acceptance/product.js';
import { CassandraRing } from '../servers/cassandra.js';
import { HaProxy } from '../servers/haproxy.js';
import { InfluxServer } from '../servers/influxdb.js';
import { KafkaCluster } from '../servers/kafka.js';
import { Mailpit } from '../servers/mailpit.js';
import { NodeExporter } from '../servers/node-exporter.js';
import { PrometheusServer } from '../servers/prometheus.js';
import type { Site } from '../servers/site.js';
import { MAIL_SEND_SECONDS } from '../support/mail-send-seconds.js';
import { all, Begun } from './begun.js';
import { MEMBERS, SHOWN, type Member, type MemberName } from './stack-plan.js';

export interface StackOptions {
  /** Where the servers are. */
  readonly site: Site;
  /** For the data and logs of Vigía’s processes and of the store. */
  readonly folder: string;
  readonly sensors: number;
  /** Whether the store now and then stores an append and cuts the connection instead of answering. */
  readonly cutsAppends: boolean;
  /** Hears of each part when it is there. */
  readonly say: (line: string) => void;
}

/** The systems that Vigía stands on. */
export interface Systems {
  readonly kafka: KafkaCluster;
  readonly cassandra: CassandraRing;
  readonly influx: InfluxServer;
  readonly mailpit: Mailpit;
  readonly store: EventStoreServer;
}

/** Vigía's processes. */
export type Members = Readonly<Record<MemberName, Product>>;

export const BUCKET = 'vigia';

/** Every system of the source and every role of Vigía, each as a process of its own on this machine. */
export class Stack {
  private constructor(
    readonly systems: Systems,
    readonly members: Members,
    readonly haproxy: HaProxy,
    readonly prometheus: PrometheusServer,
    /** Of Vigía's processes, by their names. */
    readonly dataDirs: Readonly<Record<MemberName, string>>,
    private readonly begun: Begun,
  ) {}

  /** Thrown: why a part did not start; nothing runs then. */
  static async start(options: StackOptions): Promise<Stack> {
    const { site, say } = options;
    const begun = new Begun(say);
    try {
      const systems = await startSystems(options, begun);
      const members = await startMembers(options, systems, begun);
      const endpoints = [hostOf(members['ingest-1'].ingestUrl), hostOf(members['ingest-2'].ingestUrl)] as const;
      const haproxy = await begun.add('HAProxy', ({ url }) => `sensors post to ${url}/topics/ENTRY/messages`, () => HaProxy.start(endpoints, site));
      const node = await begun.add('node-exporter', ({ address }) => `http://${address}/metrics`, () => NodeExporter.start(site));
      const targets = targetsOf(systems, members, haproxy, node);
      const prometheus = await begun.add('Prometheus', ({ url }) => url, () => PrometheusServer.start(targets, site));
      const dataDirs = Object.fromEntries(Object.keys(members).map((name) => [name, dataDirOf(options, name)])) as Record<MemberName, string>;
      return new Stack(systems, members, haproxy, prometheus, dataDirs, begun);
    } catch (error) {
      await begun.stop();
      throw error;
    }
  }

  /** The process whose console and API are shown. */
  get console(): Product {
    return this.members[SHOWN];
  }

  /** Ends every part, against the order of the start. */
  stop(): Promise<void> {
    return this.begun.stop();
  }
}

/** They need nothing of each other. */
async function startSystems({ site, folder, cutsAppends }: StackOptions, begun: Begun): Promise<Systems> {
  const startStore = async (): Promise<EventStoreServer> => {
    const store = new EventStoreServer(folder, await site.port('eventstoredb'), cutsAppends);
    await store.start();
    return store;
  };
  const [kafka, cassandra, influx, mailpit, store] = await all([
    begun.add('Kafka, 2 brokers', ({ bootstrapServers }) => bootstrapServers, () => KafkaCluster.start({ brokers: 2, heapMb: 384, jmx: true, site })),
    begun.add('Cassandra, 3 nodes', ({ contactPoints, login }) => `${contactPoints.join()}, user ${login.username}, password ${login.password}`, () => CassandraRing.start({ jmx: true, site })),
    begun.add('InfluxDB', ({ url, org, token }) => `${url}, organisation “${org}”, token ${token}`, () => InfluxServer.start(site)),
    begun.add('Mailpit', ({ url }) => `e-mails are at ${url}`, () => Mailpit.start(site)),
    begun.add('EventStoreDB', ({ url }) => `${url}: a double of its protocol, as no registry has the server`, startStore),
  ]);
  return { kafka, cassandra, influx, mailpit, store };
}

function dataDirOf({ folder }: StackOptions, name: string): string {
  return join(folder, name, 'data');
}

async function startMembers(options: StackOptions, systems: Systems, begun: Begun): Promise<Members> {
  const { site, folder, sensors } = options;
  const settings = settingsOf(systems);
  const start = ([name, { roles, port, ingestPort }]: [string, Member]): Promise<Product> =>
    begun.add(`Vigía ${roles}`, ({ consoleUrl }) => (roles.includes('console') ? `console at ${consoleUrl}` : `${consoleUrl}/api/health`), async () => {
      const dir = join(folder, name);
      mkdirSync(dir, { recursive: true });
      const ports = { console: await site.port(port), ingest: ingestPort === undefined ? 0 : await site.port(ingestPort) };
      const customers = name === SHOWN ? sensors : 0;
      const product = new Product({ dataDir: dataDirOf(options, name), logFile: join(dir, 'vigia.log') }, ports, customers, { ...settings, VIGIA_ROLES: roles });
      product.start();
      await product.waitUntilUp();
      return product;
    });
  const started = new Map<string, Promise<Product>>();
  for (const [name, member] of Object.entries<Member>(MEMBERS)) {
    const customersThere = member.needsCustomers ? started.get(SHOWN) : Promise.resolve();
    started.set(name, Promise.resolve(customersThere).then(() => start([name, member])));
  }
  const products = await all([...started.values()]);
  return Object.fromEntries([...started.keys()].map((name, i) => [name, products[i]])) as unknown as Members;
}

function settingsOf({ kafka, cassandra, influx, mailpit, store }: Systems): Readonly<Record<string, string>> {
  return {
    ...cassandra.environment,
    KAFKA_BROKERS: kafka.bootstrapServers,
    EVENTSTORE_URL: store.url,
    INFLUX_URL: influx.url,
    INFLUX_ORG: influx.org,
    INFLUX_TOKEN: influx.token,
    INFLUX_BUCKET: BUCKET,
    SMTP_URL: mailpit.smtpUrl,
    VIGIA_MAIL_SEND_SECONDS: MAIL_SEND_SECONDS,
  };
}

function targetsOf({ kafka, cassandra, influx, store }: Systems, members: Members, haproxy: HaProxy, node: NodeExporter): Record<string, readonly string[]> {
  return {
    vigia: Object.values(members).map(({ consoleUrl }) => hostOf(consoleUrl)),
    haproxy: [hostOf(haproxy.metricsUrl)],
    kafka: kafka.metricsUrls.map(hostOf),
    cassandra: cassandra.metricsUrls.map(hostOf),
    influxdb: [hostOf(influx.url)],
    eventstoredb: [store.address],
    node: [node.address],
  };
}

function hostOf(url: string): string {
  return new URL(url).host;
}
