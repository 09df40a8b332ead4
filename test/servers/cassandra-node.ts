import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mavenLibraries } from './cache.js';
import { jmxExporter } from './kafka-node.js';
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
};

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
    private readonly jmxPort: number | undefined,
  ) {
    this.dir = join(ringDir, address);
    mkdirSync(this.dir, { recursive: true });
    const folder = (name: string): string => join(this.dir, name);
    const folders = {
      data_file_directories: [folder('data')], commitlog_directory: folder('commitlog'), saved_caches_directory: folder('saved_caches'),
      hints_directory: folder('hints'), cdc_raw_directory: folder('cdc_raw'),
    };
    // JSON is YAML.
    writeFileSync(folder('cassandra.yaml'), JSON.stringify({ ...settings, listen_address: address, rpc_address: address, ...folders }, null, 2));
  }

  /** Starts the process, without waiting for it. */
  start(): void {
    const libraries = cassandraLibraries();
    const properties = {
      ...SYSTEM_PROPERTIES,
      'cassandra.config': `file://${join(this.dir, 'cassandra.yaml')}`,
      'cassandra.storagedir': this.dir,
      'cassandra.logdir': join(this.dir, 'logs'),
      'logback.configurationFile': `file://${join(OWN_FILES, 'logback.xml')}`,
    };
    this.process = ServerProcess.spawn(`Cassandra ${this.address}`, 'java', [
      `-Xms${this.heapMb}m`, `-Xmx${this.heapMb}m`, `-Xmn${Math.floor(this.heapMb / 4)}m`, '-Xss256k', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:+ExitOnOutOfMemoryError',
      `-javaagent:${join(libraries, 'jamm-0.4.0.jar')}`,
      ...(this.jmxPort === undefined ? [] : [jmxExporter('cassandra', `${this.address}:${this.jmxPort}`)]),
      ...Object.entries(properties).map(([key, value]) => `-D${key}=${value}`),
      ...OPENED.flatMap((module) => ['--add-opens', `${module}=ALL-UNNAMED`]),
      ...EXPORTED.flatMap((module) => ['--add-exports', `${module}=ALL-UNNAMED`]),
      '-cp', `${libraries}/*`, 'org.apache.cassandra.service.CassandraDaemon',
    ]);
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
