import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mavenLibraries } from './cache.js';
import { jmxExporter, QUICK_START } from './kafka-node.js';
import { ServerProcess } from './server-process.js';

const OWN_FILES = fileURLToPath(new URL('./cassandra/', import.meta.url));

/** The folder of Cassandra's libraries, downloaded the first time (67 MB). */
export function cassandraLibraries(): string {
  return mavenLibraries('cassandra', join(OWN_FILES, 'pom.xml'));
}

/** What the server reaches inside the JDK. */
const OPENED = [
  'java.base/java.io', 'java.base/java.lang', 'java.base/java.lang.module', 'java.base/java.lang.reflect', 'java.base/java.math', 'java.base/java.net', 'java.base/java.nio',
  'java.base/java.util', 'java.base/java.util.concurrent', 'java.base/java.util.concurrent.atomic', 'java.base/jdk.internal.loader', 'java.base/jdk.internal.math',
  'java.base/jdk.internal.module', 'java.base/jdk.internal.ref', 'java.base/jdk.internal.reflect', 'java.base/jdk.internal.util.jar', 'java.base/sun.nio.ch', 'java.base/sun.net.dns',
  'jdk.management/com.sun.management.internal', 'jdk.management.jfr/jdk.management.jfr', 'java.management/sun.management',
];
const EXPORTED = [
  'java.base/jdk.internal.misc', 'java.base/jdk.internal.ref', 'java.base/jdk.internal.perf', 'java.base/sun.nio.ch', 'java.base/java.lang.ref', 'java.base/java.lang.reflect',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi', 'java.rmi/sun.rmi.registry', 'java.rmi/sun.rmi.server', 'java.rmi/sun.rmi.transport.tcp', 'java.sql/java.sql',
  'jdk.naming.dns/com.sun.jndi.dns', 'jdk.attach/sun.tools.attach', 'jdk.compiler/com.sun.tools.javac.file', 'jdk.compiler/com.sun.tools.javac.api', 'jdk.unsupported/sun.misc',
  'java.base/jdk.internal.util',
];

const SYSTEM_PROPERTIES = {
  'jdk.attach.allowAttachSelf': true,
  'java.awt.headless': true,
  'java.net.preferIPv4Stack': true,
  'io.netty.tryReflectionSetAccessible': true,
  'cassandra-foreground': true,
  // A ring of processes that all begin at once has nothing to wait for.
  'cassandra.ring_delay_ms': 1_000,
  'cassandra.skip_wait_for_gossip_to_settle': 0,
  'cassandra.superuser_setup_delay_ms': 0,
  // How long a node that ends in good order lets the others hear of it.
  'cassandra.shutdown_announce_in_ms': 200,
};

/** Settings of a node that needs little memory. */
export const SMALL_NODE = {
  partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
  num_tokens: 16,
  endpoint_snitch: 'SimpleSnitch',
  commitlog_sync: 'periodic',
  commitlog_sync_period: '10000ms',
  commitlog_segment_size: '8MiB',
  commitlog_total_space: '256MiB',
  memtable_heap_space: '48MiB',
  memtable_offheap_space: '48MiB',
  file_cache_size: '32MiB',
  key_cache_size: '8MiB',
  networking_cache_size: '32MiB',
  concurrent_reads: 8,
  concurrent_writes: 8,
  concurrent_counter_writes: 2,
  concurrent_compactors: 1,
  auto_snapshot: false,
} as const;

/** The setting of the nodes that others ask first. `addresses` with the storage port, `127.0.0.2:7000`. */
export function seedProvider(addresses: readonly string[]): Readonly<Record<string, unknown>> {
  return { seed_provider: [{ class_name: 'org.apache.cassandra.locator.SimpleSeedProvider', parameters: [{ seeds: addresses.join() }] }] };
}

/** Writes the settings of a node with its data in `dir`. */
export function writeCassandraSettings(dir: string, address: string, settings: Readonly<Record<string, unknown>>): void {
  const folder = (name: string): string => join(dir, name);
  const folders = {
    data_file_directories: [folder('data')], commitlog_directory: folder('commitlog'), saved_caches_directory: folder('saved_caches'),
    hints_directory: folder('hints'), cdc_raw_directory: folder('cdc_raw'),
  };
  mkdirSync(dir, { recursive: true });
  // JSON is YAML.
  writeFileSync(folder('cassandra.yaml'), JSON.stringify({ ...settings, listen_address: address, rpc_address: address, ...folders }, null, 2));
}

/** A node as a program, with the settings that were written to `dir`. `jmx`: where its metrics are served, `127.0.0.2:9404`. */
export function cassandraCommand(dir: string, heapMb: number, jmx?: string): { readonly program: string; readonly args: readonly string[] } {
  const libraries = cassandraLibraries();
  const properties = {
    ...SYSTEM_PROPERTIES,
    'cassandra.config': `file://${join(dir, 'cassandra.yaml')}`,
    'cassandra.storagedir': dir,
    'cassandra.logdir': join(dir, 'logs'),
    'logback.configurationFile': `file://${join(OWN_FILES, 'logback.xml')}`,
  };
  const args = [
    `-Xms${heapMb}m`, `-Xmx${heapMb}m`, `-Xmn${Math.floor(heapMb / 4)}m`, '-Xss256k', '-XX:+UseSerialGC', QUICK_START, '-XX:+ExitOnOutOfMemoryError',
    `-javaagent:${join(libraries, 'jamm-0.4.0.jar')}`,
    ...(jmx === undefined ? [] : [jmxExporter('cassandra', jmx)]),
    ...Object.entries(properties).map(([key, value]) => `-D${key}=${value}`),
    ...OPENED.flatMap((module) => ['--add-opens', `${module}=ALL-UNNAMED`]),
    ...EXPORTED.flatMap((module) => ['--add-exports', `${module}=ALL-UNNAMED`]),
    '-cp', `${libraries}/*`, 'org.apache.cassandra.service.CassandraDaemon',
  ];
  return { program: 'java', args };
}

/** One Java process of a ring, on a data folder that outlives it. */
export class CassandraNode {
  private process: ServerProcess | undefined;
  private readonly dir: string;

  /** `settings` are those of cassandra.yaml, but for the folders. */
  constructor(
    readonly address: string,
    ringDir: string,
    settings: Readonly<Record<string, unknown>>,
    private readonly heapMb: number,
    private readonly jmxPort?: number,
  ) {
    this.dir = join(ringDir, address);
    writeCassandraSettings(this.dir, address, settings);
  }

  /** Starts the process, without waiting for it. */
  start(): void {
    const { program, args } = cassandraCommand(this.dir, this.heapMb, this.jmxPort === undefined ? undefined : `${this.address}:${this.jmxPort}`);
    this.process = ServerProcess.spawn(`Cassandra ${this.address}`, program, args);
  }

  async waitUntilReady(isReady: () => Promise<boolean>, timeoutMs: number): Promise<void> {
    if (this.process === undefined) throw new Error(`Cassandra ${this.address} was never started`);
    await this.process.waitUntilReady(isReady, timeoutMs);
  }

  get output(): string {
    return this.process?.output ?? '';
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.process === undefined) throw new Error(`Cassandra ${this.address} was never started`);
    this.process.signal(signal);
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    await this.process?.stop(signal);
  }
}
