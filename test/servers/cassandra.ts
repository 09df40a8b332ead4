import { randomBytes } from 'node:crypto';
import { auth, Client, types, type QueryOptions } from 'cassandra-driver';
import type { CassandraConfig } from '../../src/config.js';
import { selfSigned } from '../support/self-signed.js';
import { waitFor } from '../support/wait-for.js';
import { CassandraNode, seedProvider, SMALL_NODE } from './cassandra-node.js';
import { keptIn, temporarySite, type DataFolder, type Site } from './site.js';

export interface CassandraOptions {
  readonly nodes?: 1 | 3;
  /** Each node serves its metrics at its `metricsUrls`. */
  readonly jmx?: boolean;
  /** The address that a single node tells its clients, on the same port: that of a proxy. */
  readonly reachedAt?: string;
  readonly site?: Site;
}

const START_LIMIT_MS = 180_000;
const ADDRESSES = ['127.0.0.2', '127.0.0.3', '127.0.0.4'] as const;
const FIRST_LOGIN = { username: 'cassandra', password: 'cassandra' };

/**
 * A real Cassandra on loopback, of three nodes unless one is asked for, with data of its own that `stop` removes unless its site keeps them. It takes a log-in only, with TLS
 * or without. Nodes are called by number, from 1. Three of them take about 2.2 GB and 40 s.
 */
export class CassandraRing {
  readonly dataCenter = 'datacenter1';
  readonly login = { username: 'vigia', password: 'only-for-this-test' };

  private constructor(
    private readonly folder: DataFolder,
    /** Of every node. */
    readonly port: number,
    /** Each node's metrics for Prometheus, in order; empty unless asked for. */
    readonly metricsUrls: readonly string[],
    /** PEM, signed by itself. */
    readonly certificateFile: string,
    private readonly nodes: readonly CassandraNode[],
  ) {}

  static async start({ nodes: count = 3, jmx = false, reachedAt, site = temporarySite }: CassandraOptions = {}): Promise<CassandraRing> {
    const addresses = ADDRESSES.slice(0, count);
    const [port, storagePort] = [await site.port('cassandra'), await site.port('cassandra-storage')];
    const jmxPort = jmx ? await site.port('cassandra-metrics') : undefined;
    const folder = site.folder('cassandra');
    const certificate = selfSigned(folder.path, addresses);
    const clusterName = keptIn(folder, 'cluster-name', () => `test ${randomBytes(4).toString('hex')}`);
    const settings = {
      ...settingsOf(addresses, clusterName, port, storagePort, certificate.key + certificate.cert),
      ...(reachedAt === undefined ? {} : { broadcast_rpc_address: reachedAt }),
    };
    const metricsUrls = jmx ? addresses.map((address) => `http://${address}:${jmxPort}/metrics`) : [];
    const nodes = addresses.map((address) => new CassandraNode(address, folder.path, settings, 320, jmxPort));
    const ring = new CassandraRing(folder, port, metricsUrls, certificate.certFile, nodes);
    try {
      for (const node of ring.nodes) node.start();
      await Promise.all(ring.nodes.map((node) => ring.waitForNode(node, FIRST_LOGIN)));
      await ring.setUpLogin();
    } catch (error) {
      const outputs = ring.nodes.map((node) => `--- ${node.address}\n${node.output.slice(-4_000)}`);
      await ring.stop();
      throw new Error(`Cassandra did not start: ${(error as Error).message}\n${outputs.join('\n')}`);
    }
    return ring;
  }

  /** As `CASSANDRA_CONTACT_POINTS` takes them: `127.0.0.2:20001,…`. */
  get contactPoints(): readonly string[] {
    return this.nodes.map(({ address }) => `${address}:${this.port}`);
  }

  /** How Vigía reaches the ring, but for what is changed. */
  config(changed: Partial<CassandraConfig> = {}): CassandraConfig {
    return { contactPoints: this.contactPoints, port: this.port, dataCenter: this.dataCenter, replicationFactor: 2, credentials: this.login, tls: false, ...changed };
  }

  /** Drops the customers' keyspace. */
  async clear(): Promise<void> {
    await this.withClient((client) => client.execute('DROP KEYSPACE IF EXISTS world'));
  }

  /** Empties the customers' tables, which is faster. */
  async empty(): Promise<void> {
    await this.withClient(async (client) => {
      const { rows } = await client.execute("SELECT table_name FROM system_schema.tables WHERE keyspace_name = 'world'");
      for (const row of rows) await client.execute(`TRUNCATE world.${String(row['table_name'])}`);
    });
  }

  /** The variables with which Vigía reaches the ring. */
  get environment(): Readonly<Record<string, string>> {
    return { CASSANDRA_CONTACT_POINTS: this.contactPoints.join(), CASSANDRA_USERNAME: this.login.username, CASSANDRA_PASSWORD: this.login.password };
  }

  /** A connected client, of all nodes unless some are named, for the time of `use`. */
  async withClient<T>(use: (client: Client) => Promise<T>, { login = this.login, contactPoints = this.contactPoints } = {}): Promise<T> {
    const client = new Client({
      contactPoints: [...contactPoints], localDataCenter: this.dataCenter, protocolOptions: { port: this.port },
      authProvider: new auth.PlainTextAuthProvider(login.username, login.password), socketOptions: { connectTimeout: 2_000, readTimeout: 20_000 },
    });
    try {
      await client.connect();
      return await use(client);
    } finally {
      await client.shutdown();
    }
  }

  /** Ends a node with SIGKILL. The others notice within some ten seconds. */
  async kill(node: number): Promise<void> {
    await this.node(node).stop();
  }

  /** Makes a node hang: its connections stay open and it answers nothing. */
  pause(node: number): void {
    this.node(node).signal('SIGSTOP');
  }

  resume(node: number): void {
    this.node(node).signal('SIGCONT');
  }

  /** Starts a node again on its data, and waits until it answers and knows the others. */
  async restart(node: number): Promise<void> {
    await this.kill(node);
    this.node(node).start();
    await this.waitForNode(this.node(node), this.login);
  }

  /** Ends every node and removes the data; kept data are left in good order. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop(this.folder.isKept ? 'SIGTERM' : 'SIGKILL')));
    this.folder.release();
  }

  private node(number: number): CassandraNode {
    const node = this.nodes[number - 1];
    if (node === undefined) throw new RangeError(`no node ${number}: the ring has ${this.nodes.length}, numbered from 1`);
    return node;
  }

  private async waitForNode(node: CassandraNode, login: { username: string; password: string }): Promise<void> {
    const knowsOthers = async (client: Client): Promise<boolean> => (await client.execute('SELECT peer FROM system.peers')).rowLength === this.nodes.length - 1;
    await node.waitUntilReady(() => this.withClient(knowsOthers, { login, contactPoints: [`${node.address}:${this.port}`] }), START_LIMIT_MS);
  }

  /** The roles are on every node in the end, so that a log-in does not depend on one of them. */
  private async setUpLogin(): Promise<void> {
    const asFirst = (query: string, options: QueryOptions = {}): Promise<boolean> =>
      this.withClient((client) => client.execute(query, [], options), { login: FIRST_LOGIN }).then(() => true, () => false);
    const { username, password } = this.login;
    await waitFor('a role', () => asFirst(`CREATE ROLE IF NOT EXISTS ${username} WITH PASSWORD = '${password}' AND LOGIN = true AND SUPERUSER = true`), START_LIMIT_MS);
    await waitFor('its replicas', () => asFirst(`ALTER KEYSPACE system_auth WITH replication = {'class': 'NetworkTopologyStrategy', '${this.dataCenter}': ${this.nodes.length}}`));
    // A read of all replicas gives each the rows that it lacks. Until then a node may know of no role.
    await waitFor('roles on every node', () => asFirst('SELECT * FROM system_auth.roles', { consistency: types.consistencies.all }));
    for (const contactPoint of this.contactPoints) await waitFor('the log-in', () => this.withClient(() => Promise.resolve(true), { contactPoints: [contactPoint] }).catch(() => false));
  }
}

function settingsOf(addresses: readonly string[], clusterName: string, port: number, storagePort: number, pem: string): Record<string, unknown> {
  const tls = { class_name: 'org.apache.cassandra.security.PEMBasedSslContextFactory', parameters: { private_key: pem } };
  return {
    cluster_name: clusterName,
    ...SMALL_NODE,
    // Seeds start side by side: none waits for another to hand it data.
    ...seedProvider(addresses.map((address) => `${address}:${storagePort}`)),
    storage_port: storagePort,
    native_transport_port: port,
    client_encryption_options: { enabled: true, optional: true, ssl_context_factory: tls },
    authenticator: 'PasswordAuthenticator',
    authorizer: 'CassandraAuthorizer',
    role_manager: 'CassandraRoleManager',
    auth_read_consistency_level: 'ONE',
    auth_write_consistency_level: 'ALL',
    roles_validity: '1000ms',
    permissions_validity: '1000ms',
    credentials_validity: '1000ms',
    // A row that a node missed stays missing there until it is repaired: so the suites can make one.
    hinted_handoff_enabled: false,
  };
}
