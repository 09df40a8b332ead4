import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environmentOf, isCassandra, isKafka, isVigia, portsOf, type Service } from '../../support/compose-file.js';
import { IMAGE_COMMAND } from '../../support/product-command.js';
import { waitFor } from '../../support/wait-for.js';
import { cassandraCommand, seedProvider, SMALL_NODE, writeCassandraSettings } from '../cassandra-node.js';
import { influxdCommand, setUpInflux } from '../influxdb.js';
import { formatKafkaData, kafkaCommand, QUICK_START, writeKafkaProperties } from '../kafka-node.js';
import { mailpitProgram } from '../mailpit.js';
import { systemProgram } from '../system-program.js';
import type { Command } from './detached-process.js';

/** A service of a compose file on one machine of loopback. */
export interface PlacedService {
  readonly service: Service;
  /** What a container would keep in volumes. */
  readonly dir: string;
  /** The machine's, on which it listens. */
  readonly address: string;
  /** The others' addresses by name. */
  readonly hosts: Readonly<Record<string, string>>;
  /** What is mounted: by its place in the container, the file or folder here. */
  readonly mounts: ReadonlyMap<string, string>;
}

/** A program in place of a container. */
export interface StandIn {
  /** Does what has to be done before a start, and gives what is started. */
  command(placed: PlacedService): Command | Promise<Command>;
  /** What the image itself does once the server answers. */
  afterStart?(placed: PlacedService): Promise<void>;
  /** What the image declares, if it is not SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const inRoot = (path: string): string => join(ROOT, path);
const STORAGE_PORT = 7000;

/** Thrown: `RangeError` for a service that no program of this machine can stand in for. */
export function standInFor(name: string, service: Service): StandIn {
  if (isKafka(service)) return kafka;
  if (isCassandra(service)) return cassandra;
  if (isVigia(service)) return vigia;
  const image = service.image?.split(':')[0] ?? '';
  const standIn = BY_IMAGE[image];
  if (standIn === undefined) throw new RangeError(`${name}: there is no program here for the image ${image}`);
  return standIn;
}

const kafka: StandIn = {
  async command(placed) {
    const { CLUSTER_ID = '', KAFKA_HEAP_OPTS = '', ...settings } = resolvedEnvironment(placed);
    // As the image makes properties of variables.
    const properties = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name.replace(/^KAFKA_/, '').toLowerCase().replaceAll('_', '.'), value]));
    const file = writeKafkaProperties(placed.dir, properties);
    await formatKafkaData(file, CLUSTER_ID);
    return kafkaCommand(file, [...KAFKA_HEAP_OPTS.split(' '), QUICK_START], lastPort(placed));
  },
};

const cassandra: StandIn = {
  command(placed) {
    const { CASSANDRA_CLUSTER_NAME: cluster_name, CASSANDRA_SEEDS = '' } = resolvedEnvironment(placed);
    const seeds = seedProvider(CASSANDRA_SEEDS.split(',').map((seed) => `${seed}:${STORAGE_PORT}`));
    writeCassandraSettings(placed.dir, placed.address, { ...SMALL_NODE, ...seeds, cluster_name, storage_port: STORAGE_PORT, native_transport_port: portOf(placed) });
    return cassandraCommand(placed.dir, 320, lastPort(placed));
  },
};

const vigia: StandIn = {
  command(placed) {
    const { service, dir, address, hosts } = placed;
    const [program, ...args] = (service.command ?? IMAGE_COMMAND).map((argument) => resolved(argument, hosts));
    const { VIGIA_USERS_FILE: accounts, ...environment } = resolvedEnvironment(placed);
    const mounted = accounts === undefined ? {} : { VIGIA_USERS_FILE: join(placed.mounts.get(dirname(accounts))!, basename(accounts)) };
    const env = { ...environment, ...mounted, NODE_ENV: 'production', VIGIA_DATA_DIR: join(dir, 'data'), VIGIA_BIND: address };
    return { program: program as string, args: args.map((argument) => argument.replace(/^dist\//, inRoot('dist/'))), env };
  },
};

const BY_IMAGE: Readonly<Record<string, StandIn>> = {
  'eventstore/eventstore': {
    command: ({ service, dir, address }) => ({
      program: process.execPath,
      args: ['--import', inRoot('node_modules/tsx/dist/loader.mjs'), inRoot('test/doubles/eventstoredb/main.ts'), '--host', address, '--port', portsOf(service)[0]!, '--file', join(dir, 'events.jsonl')],
    }),
  },
  influxdb: {
    command: ({ service, dir, address }) => influxdCommand(dir, `${address}:${portsOf(service)[0]}`),
    async afterStart(placed) {
      const url = `http://${placed.address}:${portOf(placed)}`;
      await waitFor(`an answer of ${url}`, async () => (await fetch(`${url}/health`).catch(() => null))?.ok === true);
      const setUp = environmentOf(placed.service);
      const [username, password, org, bucket, token] = ['USERNAME', 'PASSWORD', 'ORG', 'BUCKET', 'ADMIN_TOKEN'].map((name) => setUp[`DOCKER_INFLUXDB_INIT_${name}`]!) as [string, string, string, string, string];
      await setUpInflux(url, { username, password, org, bucket, token });
    },
  },
  'axllent/mailpit': {
    command({ service, dir, address }) {
      const [smtp, page] = portsOf(service);
      const { MP_DATABASE = '', ...env } = environmentOf(service);
      return { program: mailpitProgram(), args: ['--smtp', `${address}:${smtp}`, '--listen', `${address}:${page}`, '--disable-version-check'], env: { ...env, MP_DATABASE: join(dir, basename(MP_DATABASE)) } };
    },
  },
  haproxy: {
    command(placed) {
      const config = join(placed.dir, 'haproxy.cfg');
      cpSync(placed.mounts.get('/usr/local/etc/haproxy/haproxy.cfg')!, config);
      return { program: systemProgram('haproxy'), args: ['-db', '-f', config], env: { LB_BIND: `${placed.address}:${portOf(placed)}`, ...resolvedEnvironment(placed) } };
    },
    stopSignal: 'SIGUSR1',
  },
  'prom/prometheus': {
    command(placed) {
      const config = resolvedMounts(placed, '/etc/prometheus');
      const args = [`--config.file=${join(config, 'prometheus.yml')}`, `--storage.tsdb.path=${join(placed.dir, 'data')}`, `--web.listen-address=${placed.address}:${portOf(placed)}`];
      return { program: systemProgram('prometheus'), args };
    },
  },
  'prom/alertmanager': {
    command(placed) {
      const config = resolvedMounts(placed, '/etc/alertmanager');
      const args = [`--config.file=${join(config, 'alertmanager.yml')}`, `--storage.path=${join(placed.dir, 'data')}`, `--web.listen-address=${placed.address}:${portOf(placed)}`, '--cluster.listen-address='];
      return { program: systemProgram('prometheus-alertmanager'), args };
    },
  },
  'prom/node-exporter': {
    command: (placed) => ({ program: systemProgram('prometheus-node-exporter'), args: [`--web.listen-address=${placed.address}:${portOf(placed)}`] }),
  },
};

const portOf = ({ service }: PlacedService): string => portsOf(service)[0]!;
/** Of a server with an exporter in it: where that listens. */
const lastPort = ({ service, address }: PlacedService): string => `${address}:${portsOf(service).at(-1)}`;

/** A text with addresses in place of the names of other services, alone between commas or before a port. */
function resolved(text: string, hosts: Readonly<Record<string, string>>): string {
  return text
    .split(',')
    .map((part) => hosts[part] ?? part.replace(/\b[a-z][a-z0-9-]*(?=:\d)/g, (name) => hosts[name] ?? name))
    .join();
}

/** A service's variables, with addresses in place of names. What would listen on every address of its container listens on its machine's. */
function resolvedEnvironment({ service, address, hosts }: PlacedService): Record<string, string> {
  const onMachine = (value: string): string => value.replace(/(^|\/\/):(?=\d+$)/, `$1${address}:`);
  return Object.fromEntries(Object.entries(environmentOf(service)).map(([name, value]) => [name, onMachine(resolved(value, hosts))]));
}

/** A copy of what is mounted below a folder of the container, with addresses in place of names; gives where it is. */
function resolvedMounts({ dir, address, hosts, mounts }: PlacedService, below: string): string {
  const copy = join(dir, 'mounted');
  for (const [target, source] of mounts) if (target.startsWith(below)) cpSync(source, join(copy, target), { recursive: true });
  const root = join(copy, below);
  mkdirSync(dirname(root), { recursive: true });
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/\b[a-z][a-z0-9-]*(?=:\d)/g, (name) => ({ ...hosts, localhost: address })[name] ?? name));
  }
  return root;
}
