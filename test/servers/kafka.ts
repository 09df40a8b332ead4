import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { selfSigned, type SelfSigned } from '../support/self-signed.js';
import { KafkaNode, QUICK_START } from './kafka-node.js';
import { keptIn, temporarySite, type DataFolder, type Site } from './site.js';
import { systemProgram } from './system-program.js';

export interface KafkaClusterOptions {
  /** One broker that is its own controller, or two or three brokers, with as many replicas, and a controller beside them. */
  readonly brokers: 1 | 2 | 3;
  /** Heap of each broker that is to be loaded. Unless said they have 256 MB, and start quickly (`QUICK_START`). */
  readonly heapMb?: number;
  /** Each process serves its metrics at its `metricsUrls`. */
  readonly jmx?: boolean;
  /** Has a second listener with TLS and a log-in; for one broker. */
  readonly login?: Login;
  /** Broker properties, over ours. */
  readonly properties?: Readonly<Record<string, string | number>>;
  readonly site?: Site;
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** The listener with TLS and a log-in. */
export interface SecureListener {
  readonly bootstrapServers: string;
  /** PEM, signed by itself. */
  readonly certificateFile: string;
}

type Properties = Record<string, string | number>;

/** A broker that was killed or hangs is fenced after this long, and loses its leaderships. */
export const BROKER_SESSION_MS = 3_000;
const START_LIMIT_MS = 60_000;
const CONTROLLER_ID = 100;

/**
 * A real Kafka of one to three brokers on loopback, with data of its own that `stop` removes unless its site keeps them.
 * Brokers are called by number, from 1. Topics must be created: a produce to an unknown one fails.
 */
export class KafkaCluster {
  private constructor(
    private readonly folder: DataFolder,
    /** As `KAFKA_BROKERS` takes them: `127.0.0.1:20001,127.0.0.1:20002`. */
    readonly bootstrapServers: string,
    /** Each broker's metrics for Prometheus, in order, then a separate controller's; empty unless asked for. */
    readonly metricsUrls: readonly string[],
    private readonly controller: KafkaNode | undefined,
    private readonly brokers: readonly KafkaNode[],
    private readonly secured: SecureListener | null,
  ) {}

  /** Thrown: `Error` when no log-in was asked for. */
  get secure(): SecureListener {
    if (this.secured === null) throw new Error('this cluster was started without a log-in');
    return this.secured;
  }

  /** Thrown: `MissingProgram` without Java; an error with the servers' output when they do not start. */
  static async start(options: KafkaClusterOptions): Promise<KafkaCluster> {
    systemProgram('java', 'default-jre-headless');
    const numbers = Array.from({ length: options.brokers }, (_, index) => index + 1);
    const { login, site = temporarySite } = options;
    const ports = await Promise.all(numbers.map((number) => site.port(`kafka-${number}`)));
    const jmxPorts = options.jmx === true ? await Promise.all(numbers.map((number) => site.port(`kafka-${number}-metrics`))) : [];
    const controllerPort = await site.port('kafka-controller');
    const controllerJmxPort = options.jmx === true && options.brokers > 1 ? await site.port('kafka-controller-metrics') : undefined;
    const addresses = ports.map((port) => `127.0.0.1:${port}`);
    const folder = site.folder('kafka');
    const dir = folder.path;
    const secure = login ? { login, port: await site.port('kafka-secure'), certificate: selfSigned(dir) } : null;
    const security = secure ? secureProperties(dir, ports[0] as number, controllerPort, secure) : {};

    const brokerJava = options.heapMb === undefined ? [...heapOf(256), QUICK_START] : heapOf(options.heapMb);
    const brokers = numbers.map((id, i) => {
      const properties = { ...brokerProperties(id, ports[i] as number, controllerPort, options.brokers), ...security, ...options.properties };
      return new KafkaNode(`broker ${id}`, dir, properties, brokerJava, jmxPorts[i], () => knows(addresses[i] as string, [id]));
    });
    const controller = options.brokers === 1 ? undefined : new KafkaNode('controller', dir, controllerProperties(controllerPort), [...heapOf(128), QUICK_START], controllerJmxPort, () => listens(controllerPort));
    const metricsUrls = [...jmxPorts, ...(controllerJmxPort === undefined ? [] : [controllerJmxPort])].map((port) => `http://127.0.0.1:${port}/metrics`);
    const cluster = new KafkaCluster(folder, addresses.join(), metricsUrls, controller, brokers, secure && { bootstrapServers: `localhost:${secure.port}`, certificateFile: secure.certificate.certFile });

    // Not beginning with a hyphen, which the storage tool would take for an option.
    const clusterId = keptIn(folder, 'cluster-id', () => randomBytes(16).toString('base64url').replace(/^-/, 'A'));
    try {
      const nodes = cluster.nodes();
      await allSettled(nodes.map((node) => node.format(clusterId)));
      await Promise.all(nodes.map((node) => node.start(START_LIMIT_MS)));
      await until(() => everyoneKnows(addresses, numbers), START_LIMIT_MS, 'all brokers registered at every broker');
    } catch (error) {
      const outputs = cluster.nodes().map((node) => `--- ${node.name}\n${node.output.slice(-4_000)}`);
      await cluster.stop();
      throw new Error(`Kafka did not start: ${(error as Error).message}\n${outputs.join('\n')}`);
    }
    return cluster;
  }

  /** Ends a broker with SIGKILL. Its partitions have a new leader after `BROKER_SESSION_MS` and a little. */
  async kill(broker: number): Promise<void> {
    await this.broker(broker).stop('SIGKILL');
  }

  /** Ends a broker in good order: it hands its leaderships over first. Killed if that takes more than 10 s. */
  async shutDown(broker: number): Promise<void> {
    await this.broker(broker).stop('SIGTERM');
  }

  /** Makes a broker hang (SIGSTOP): its connections stay open and it answers nothing. */
  pause(broker: number): void {
    this.broker(broker).signal('SIGSTOP');
  }

  resume(broker: number): void {
    this.broker(broker).signal('SIGCONT');
  }

  /** Starts a broker again on its data and port, and waits until it answers and takes part. One that runs is shut down first. */
  async restart(broker: number): Promise<void> {
    await this.shutDown(broker);
    await this.broker(broker).start(START_LIMIT_MS);
  }

  /** Waits until every partition of the topics has all its replicas in sync. A killed broker counts as in sync until it is fenced. */
  async waitUntilInSync(topics: readonly string[], timeoutMs = 30_000): Promise<void> {
    const isInSync = async (admin: Admin): Promise<boolean> => {
      const metadata = await admin.fetchTopicMetadata({ topics: [...topics] });
      return metadata.topics.every(({ partitions }) => partitions.every(({ isr, replicas }) => isr.length === replicas.length));
    };
    await until(() => asAdmin(this.bootstrapServers.split(','), isInSync), timeoutMs, `all replicas of ${topics.join()} in sync`);
  }

  /** Ends every process and removes the data; kept data are left in good order. */
  async stop(): Promise<void> {
    if (this.folder.isKept) await Promise.all(this.brokers.map((broker) => broker.stop('SIGTERM')));
    await Promise.all(this.nodes().map((node) => node.stop('SIGKILL')));
    this.folder.release();
  }

  private nodes(): readonly KafkaNode[] {
    return this.controller === undefined ? this.brokers : [this.controller, ...this.brokers];
  }

  private broker(number: number): KafkaNode {
    const broker = this.brokers[number - 1];
    if (broker === undefined) throw new RangeError(`no broker ${number}: this cluster has ${this.brokers.length}, numbered from 1`);
    return broker;
  }
}

function heapOf(mb: number): readonly string[] {
  return [`-Xms${mb}m`, `-Xmx${mb}m`];
}

function brokerProperties(id: number, port: number, controllerPort: number, brokers: number): Properties {
  const listener = `PLAINTEXT://127.0.0.1:${port}`;
  const own = brokers > 1 ? { 'process.roles': 'broker', listeners: listener } : { 'process.roles': 'broker,controller', listeners: `${listener},CONTROLLER://127.0.0.1:${controllerPort}` };
  return {
    ...commonProperties(id, brokers > 1 ? CONTROLLER_ID : id, controllerPort),
    ...own,
    'advertised.listeners': listener,
    'inter.broker.listener.name': 'PLAINTEXT',
    'auto.create.topics.enable': 'false',
    'num.partitions': 2,
    'default.replication.factor': brokers,
    'broker.heartbeat.interval.ms': 500,
    'replica.lag.time.max.ms': BROKER_SESSION_MS,
    'offsets.topic.replication.factor': brokers,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': brokers,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': brokers,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
  };
}

const SECURE = 'SASL_SSL';

/** TLS, and a PLAIN log-in. */
function secureProperties(dir: string, port: number, controllerPort: number, secure: { login: Login; port: number; certificate: SelfSigned }): Properties {
  const { username, password } = secure.login;
  const keystore = join(dir, 'broker.pem');
  writeFileSync(keystore, secure.certificate.key + secure.certificate.cert);
  const listeners = `PLAINTEXT://127.0.0.1:${port},${SECURE}://localhost:${secure.port}`;
  return {
    listeners: `${listeners},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': listeners,
    'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,${SECURE}:${SECURE}`,
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_${username}="${password}";`,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keystore,
  };
}

function controllerProperties(port: number): Properties {
  return { ...commonProperties(CONTROLLER_ID, CONTROLLER_ID, port), 'process.roles': 'controller', listeners: `CONTROLLER://127.0.0.1:${port}` };
}

function commonProperties(id: number, controllerId: number, controllerPort: number): Properties {
  return {
    'node.id': id,
    'controller.quorum.voters': `${controllerId}@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'broker.session.timeout.ms': BROKER_SESSION_MS,
  };
}

async function everyoneKnows(addresses: readonly string[], ids: readonly number[]): Promise<boolean> {
  return (await Promise.all(addresses.map((address) => knows(address, ids)))).every(Boolean);
}

/** Whether the broker at an address answers and lists these brokers as alive. */
function knows(address: string, ids: readonly number[]): Promise<boolean> {
  return asAdmin([address], async (admin) => {
    const alive = (await admin.describeCluster()).brokers.map(({ nodeId }) => nodeId);
    return ids.every((id) => alive.includes(id));
  });
}

async function asAdmin<T>(brokers: string[], ask: (admin: Admin) => Promise<T>): Promise<T> {
  const kafka = new Kafka({ clientId: 'test-servers', brokers, logLevel: logLevel.NOTHING, connectionTimeout: 1_000, requestTimeout: 2_000, retry: { retries: 0 } });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}

async function until(isSo: () => Promise<boolean>, timeoutMs: number, what: string): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isSo().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`not so after ${timeoutMs} ms: ${what}`);
    await sleep(100);
  }
}

/** Waits for all of them, then throws the first failure: none runs on behind the caller's back. */
async function allSettled(promises: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(promises)) if (outcome.status === 'rejected') throw outcome.reason as Error;
}
