import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { mavenLibraries } from './cache.js';
import { ServerProcess } from './server-process.js';

const OWN_FILES = fileURLToPath(new URL('./kafka/', import.meta.url));
/** What the exporter makes of the beans; the same for users. */
const JMX_RULES = fileURLToPath(new URL('../../docker/jmx/', import.meta.url));
const LOGGING = `-Dlog4j2.configurationFile=${join(OWN_FILES, 'log4j2.properties')}`;

/** The folder of Kafka's libraries and the JMX exporter's, downloaded the first time (46 MB). */
export function kafkaLibraries(): string {
  return mavenLibraries('kafka', join(OWN_FILES, 'pom.xml'));
}

/** The option with which a Java process serves its metrics for Prometheus. */
export function jmxExporter(system: 'kafka' | 'cassandra', address: string): string {
  return `-javaagent:${join(kafkaLibraries(), 'jmx_prometheus_javaagent-1.0.1.jar')}=${address}:${join(JMX_RULES, `${system}.yml`)}`;
}

/** For a server that is started more than it is loaded: its code is compiled quickly rather than well, which takes half of a start's work away. */
export const QUICK_START = '-XX:TieredStopAtLevel=1';

/** Kafka's server as a program. `java`: options, such as its heap. `jmx`: where its metrics are served, `127.0.0.1:9404`. */
export function kafkaCommand(propertiesFile: string, java: readonly string[], jmx?: string): { readonly program: string; readonly args: readonly string[] } {
  const exporter = jmx === undefined ? [] : [jmxExporter('kafka', jmx)];
  const options = [...java, '-XX:+UseSerialGC', '-XX:+ExitOnOutOfMemoryError', LOGGING, ...exporter];
  return { program: 'java', args: [...options, '-cp', `${kafkaLibraries()}/*`, 'kafka.Kafka', propertiesFile] };
}

/** Writes the properties of a server with its data in `dir`, and gives their file. */
export function writeKafkaProperties(dir: string, properties: Readonly<Record<string, string | number>>): string {
  const file = join(dir, 'server.properties');
  mkdirSync(dir, { recursive: true });
  const all = { ...properties, 'log.dirs': join(dir, 'data') };
  writeFileSync(file, Object.entries(all).map(([key, value]) => `${key}=${value}\n`).join(''));
  return file;
}

/** Writes the cluster's id into the data folder of these properties, unless it is there; Kafka starts on no other. */
export async function formatKafkaData(propertiesFile: string, clusterId: string): Promise<void> {
  if (existsSync(join(dirname(propertiesFile), 'data', 'meta.properties'))) return;
  const options = ['-Xmx128m', QUICK_START, '-XX:+UseSerialGC', LOGGING, '-cp', `${kafkaLibraries()}/*`];
  await promisify(execFile)('java', [...options, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', propertiesFile]);
}

/** One Java process of a Kafka cluster, on a data folder that outlives it. */
export class KafkaNode {
  private process: ServerProcess | undefined;
  private readonly propertiesFile: string;

  constructor(
    readonly name: string,
    dir: string,
    properties: Readonly<Record<string, string | number>>,
    private readonly java: readonly string[],
    private readonly jmxPort: number | undefined,
    private readonly isReady: () => Promise<boolean>,
  ) {
    this.propertiesFile = writeKafkaProperties(join(dir, name), properties);
  }

  format(clusterId: string): Promise<void> {
    return formatKafkaData(this.propertiesFile, clusterId);
  }

  /** Starts the process and waits until it is ready. */
  async start(timeoutMs: number): Promise<void> {
    const jmx = this.jmxPort === undefined ? undefined : `127.0.0.1:${this.jmxPort}`;
    const { program, args } = kafkaCommand(this.propertiesFile, this.java, jmx);
    this.process = ServerProcess.spawn(`Kafka ${this.name}`, program, args);
    await this.process.waitUntilReady(this.isReady, timeoutMs);
  }

  get running(): boolean {
    return this.process?.running ?? false;
  }

  get output(): string {
    return this.process?.output ?? '';
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.process === undefined) throw new Error(`Kafka ${this.name} was never started`);
    this.process.signal(signal);
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.process?.stop(signal);
  }
}
