import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PRODUCT_OPTIONS } from '../../test/support/product-command.js';
import { createAlarmTopic } from '../peers/alarm-topic.js';
import type { JavaPeer, PeerCommand } from '../peers/java-peers.js';
import type { Backlog } from './backlog.js';
import { INCOMPLETE_GROUP, type Measured } from './contender.js';

/** One run of a contender. */
export interface ContenderRun {
  readonly records: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly residentMb: number | null;
  /** As `Truth` names them; null for one that applies no rules. */
  readonly alarms: readonly string[] | null;
}

/** How often the Java peers make sure of what they did: state, offsets and alarms. */
export const COMMIT_EVERY_MS = 10_000;

const MOST_ATTEMPTS = 3;
/** After that Kafka has given up a member that was killed. */
const SESSION_ENDS_MS = 12_000;

/** Drains the backlog of a broker with one contender after another. */
export class Contenders {
  private topics = 0;

  constructor(
    private readonly brokers: string,
    private readonly backlog: Backlog,
  ) {}

  /** Several processes share the partitions: their time is from the first one's first record to the last one's last. */
  async vigia(processes: number): Promise<ContenderRun> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.inFolder((dir) => this.vigiaOnce(processes, dir));
      } catch (error) {
        if (attempt === MOST_ATTEMPTS || !String(error).includes(INCOMPLETE_GROUP)) throw error;
        await sleep(SESSION_ENDS_MS); // so that nobody of this attempt is in the next one's group
      }
    }
  }

  private async vigiaOnce(processes: number, dir: string): Promise<ContenderRun> {
    const files = Array.from({ length: processes }, (_, index) => join(dir, `alarms-${index}`));
    const runs = files.map((file) => begin(...node('vigia.ts', this.brokers, file, String(processes))));
    try {
      await Promise.all(runs.map((run) => run.ready()));
      for (const run of runs) run.go();
      const measured = await Promise.all(runs.map((run) => run.measured));
      await Promise.all(runs.map((run) => run.end()));
      return this.result(measured, files.flatMap(linesOf));
    } catch (error) {
      for (const run of runs) run.kill();
      throw error;
    }
  }

  async plainKafkajs(): Promise<ContenderRun> {
    return this.inFolder(async (dir) => {
      const file = join(dir, 'alarms');
      const run = begin(...node('plain-kafkajs.ts', this.brokers, String(this.backlog.readings + this.backlog.oks), file));
      const measured = await run.measured;
      await run.end();
      return this.result([measured], linesOf(file));
    });
  }

  async java(commandOf: PeerCommand, peer: JavaPeer, guarantee: string): Promise<ContenderRun> {
    return this.inFolder(async (dir) => {
      const alarmTopic = `ALARMS-${(this.topics += 1)}`;
      await createAlarmTopic(this.brokers, alarmTopic);
      const run = begin(...commandOf(peer, { brokers: this.brokers, alarmTopic, guarantee, commitEveryMs: COMMIT_EVERY_MS, dir, until: 'drain' }));
      const measured = await run.measured;
      await run.end();
      return this.result([measured], await alarmsOn(this.brokers, alarmTopic));
    });
  }

  /** Of the whole process: it does not say when its first record came. */
  async kcat(): Promise<ContenderRun> {
    const command = `TIMEFORMAT='%R %U %S'; time kcat -C -b ${this.brokers} -t ENTRY -e -q -o beginning > /dev/null`;
    const { stderr } = await begin('bash', ['-c', command]).end();
    const [seconds = NaN, user = NaN, system = NaN] = (stderr.trim().split('\n').at(-1) as string).split(' ').map(Number);
    return { records: this.backlog.readings, seconds, cpuSeconds: user + system, residentMb: null, alarms: null };
  }

  private result(measured: readonly Measured[], alarms: readonly string[]): ContenderRun {
    const sum = (of: (each: Measured) => number): number => measured.reduce((total, each) => total + of(each), 0);
    return {
      records: this.backlog.readings + this.backlog.oks,
      seconds: (Math.max(...measured.map(({ endedAtMs }) => endedAtMs)) - Math.min(...measured.map(({ startedAtMs }) => startedAtMs))) / 1000,
      cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
      residentMb: sum(({ residentMb }) => residentMb ?? NaN),
      alarms,
    };
  }

  private async inFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-contender-'));
    try {
      return await work(dir);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }
}

/** What has been committed to the topic; kcat leaves out what is not. */
async function alarmsOn(brokers: string, topic: string): Promise<string[]> {
  const { stdout } = await begin('kcat', ['-C', '-b', brokers, '-t', topic, '-e', '-q', '-o', 'beginning', '-f', '%s\n']).end();
  return stdout.split('\n').filter(Boolean).map((line) => {
    const { partition, offset, type } = JSON.parse(line) as { partition: number; offset: number; type: string };
    return `${partition}-${offset}-${type}`;
  });
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').filter(Boolean);
}

/** Node with the product's options. With PROFILES in the environment each such process leaves a profile in that folder, for bench/flame-graph.ts; it is slower for that. */
function node(file: string, ...args: string[]): [string, string[]] {
  const profiles = process.env['PROFILES'];
  const profiling = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
  return [process.execPath, [...PRODUCT_OPTIONS, ...profiling, '--import', 'tsx', fileURLToPath(new URL(file, import.meta.url)), ...args]];
}

interface Running {
  /** Its line of JSON on stdout. */
  readonly measured: Promise<Measured>;
  /** Resolves when it has said on stdout that it is ready and waits for `go`. */
  ready(): Promise<void>;
  go(): void;
  kill(): void;
  /** Ends its standard input, and waits for its end. Thrown: an error with its output when it fails. */
  end(): Promise<{ stdout: string; stderr: string }>;
}

function begin(program: string, args: readonly string[]): Running {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  const ended = new Promise<{ stdout: string; stderr: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => (code === 0 ? resolve({ stdout, stderr }) : reject(new Error(`${program} ended with ${signal ?? code}\n${stderr.slice(-4_000)}`))));
  });
  const line = (start: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = stdout.split('\n').slice(0, -1).find((each) => each.startsWith(start));
        if (found !== undefined) resolve(found);
      };
      look();
      child.stdout.on('data', look);
      ended.then(() => reject(new Error(`${program} ended without a line ${start}…\n${stderr.slice(-4_000)}`)), reject);
    });
  const measured = line('{"startedAtMs"').then((json) => JSON.parse(json) as Measured);
  measured.catch(() => undefined); // kcat's is not asked for
  return {
    measured,
    ready: async () => void (await line('ready')),
    go: () => void child.stdin.write('go\n'),
    kill: () => void child.kill('SIGKILL'),
    end: () => {
      child.stdin.end();
      return ended;
    },
  };
}
