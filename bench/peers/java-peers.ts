import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedFolder, run } from '../../test/servers/cache.js';
import { systemProgram } from '../../test/servers/system-program.js';

const SOURCES = fileURLToPath(new URL('./java/', import.meta.url));

/** On two cores the serial collector does as much as the parallel one in less memory; the heap holds the states many times over. */
const JVM = {
  flink: ['-Xms512m', '-Xmx512m', '-XX:+UseSerialGC', '--add-opens=java.base/java.util=ALL-UNNAMED', '--add-opens=java.base/java.lang=ALL-UNNAMED'],
  'kafka-streams': ['-Xms512m', '-Xmx512m', '-XX:+UseSerialGC'],
} as const;
const MAIN = { flink: 'peers.FlinkPeer', 'kafka-streams': 'peers.StreamsPeer' } as const;

export type JavaPeer = keyof typeof MAIN;

/** What each takes: whether alarms come exactly once, and how often what was done is made sure, in milliseconds. */
export interface PeerOptions {
  readonly brokers: string;
  readonly alarmTopic: string;
  readonly guarantee: string;
  readonly commitEveryMs: number;
  /** For its checkpoints or state. */
  readonly dir: string;
  /** Ends with what the topics hold, or goes on. */
  readonly until: 'drain' | 'run';
}

/** The program that runs a peer, and its arguments. */
export type PeerCommand = (peer: JavaPeer, options: PeerOptions) => readonly [program: string, args: readonly string[]];

/** Builds the peers the first time, and again whenever their sources change (a minute or two). Thrown: `MissingProgram`. */
export function javaPeers(): PeerCommand {
  const java = systemProgram('java', 'default-jdk-headless');
  const dir = cachedFolder(`peers-${digestOf(SOURCES)}`, (unfinished) => {
    systemProgram('javac', 'default-jdk-headless');
    const maven = systemProgram('mvn', 'maven');
    cpSync(SOURCES, unfinished, { recursive: true });
    run(maven, ['--quiet', '--batch-mode', 'compile', 'dependency:copy-dependencies', '-DexcludeGroupIds=vigia.bench', '--file', join(unfinished, 'pom.xml')]);
  });
  return (peer, { brokers, alarmTopic, guarantee, commitEveryMs, dir: stateDir, until }) => {
    const classes = [join(dir, peer, 'target', 'classes'), join(dir, 'alarm-rules', 'target', 'classes'), join(dir, peer, 'target', 'dependency', '*')];
    const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';
    return [java, [...JVM[peer], logging, '-cp', classes.join(':'), MAIN[peer], brokers, alarmTopic, guarantee, String(commitEveryMs), stateDir, until]];
  };
}

function digestOf(folder: string): string {
  const hash = createHash('sha256');
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) hash.update(entry.name).update(readFileSync(join(entry.parentPath, entry.name)));
  }
  return hash.digest('hex').slice(0, 12);
}
