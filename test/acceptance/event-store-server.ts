import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import { Random } from '../../src/cli/simulator/random.js';
import { Child } from './child.js';
import type { OutputEvent } from '../faults/verifier/outputs.js';
import type { StoreOutputs } from './checks.js';

const START_LIMIT_MS = 60_000;
const POLL_MS = 50;

/** How long the store is away after a kill. */
const LEAST_AWAY_MS = 500;
const MOST_AWAY_MS = 3000;

/** An append is stored and then cut this often. */
const CUT_EVERY_SECONDS = 1.5;

/** The double of EventStoreDB as a process of its own, seen by its port and its files. */
export class EventStoreServer {
  private child: Child | null = null;
  private restarts = 0;
  private wantedKills = 0;
  private readonly eventFile: string;
  private readonly logFile: string;

  constructor(
    folder: string,
    private readonly port: number,
    private readonly cutsAppends: boolean,
  ) {
    this.eventFile = join(folder, 'eventstoredb.jsonl');
    this.logFile = join(folder, 'eventstoredb.log');
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `esdb://${this.address}?tls=false`;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const args = ['--import', 'tsx', 'test/doubles/eventstoredb/main.ts', '--port', String(this.port), '--file', this.eventFile];
    this.child = new Child({ args: [...args, ...(this.cutsAppends ? ['--cut-every', String(CUT_EVERY_SECONDS)] : [])], logFile: this.logFile });
    const untilMs = systemClock.now() + START_LIMIT_MS;
    while (!(await this.isLive())) {
      if (!this.child.isRunning || systemClock.now() > untilMs) throw new Error(`the event store did not start; see ${this.logFile}`);
      await systemClock.sleep(POLL_MS);
    }
  }

  /** Kills it with -9 at these times after the call and starts it again a while later, until `signal` is aborted. */
  async killAt(times: readonly number[], random: Random, say: (line: string) => void, signal: AbortSignal): Promise<void> {
    this.wantedKills = times.length;
    const startMs = systemClock.now();
    for (const atMs of times) {
      await systemClock.sleep(startMs + atMs - systemClock.now(), signal);
      if (signal.aborted) return;
      const awayMs = LEAST_AWAY_MS + random.fraction() * (MOST_AWAY_MS - LEAST_AWAY_MS);
      say(`kill -9 of the event store after ${(atMs / 1000).toFixed(1)} s, for ${(awayMs / 1000).toFixed(1)} s`);
      await this.kill();
      await systemClock.sleep(awayMs);
      await this.start();
      this.restarts += 1;
    }
  }

  /** `kill -9`; what was appended is there when it is started again. Thrown: an error when it had ended by itself. */
  async kill(): Promise<void> {
    if (!this.child?.isRunning) throw new Error(`the event store ended by itself; see ${this.logFile}`);
    await this.child.kill('SIGKILL');
  }

  /** Cuts no further append: while outputs are read the product still renews its leases. */
  endCuts(): void {
    if (this.cutsAppends) this.child?.signal('SIGUSR2');
  }

  /** What it has stored, read from its file, but for what it tells itself of its streams. */
  events(): OutputEvent[] {
    const lines = readFileSync(this.eventFile, 'utf8').trimEnd().split('\n');
    const stored = lines.flatMap((line) => JSON.parse(line) as (Pick<OutputEvent, 'stream' | 'revision' | 'id' | 'type'> & { data: string; metadata: string; created: number })[]);
    return stored
      .filter(({ stream }) => !stream.startsWith('$'))
      .map(({ stream, revision, id, type, data, metadata, created }) => ({ stream, revision, id, type, data: json(data), metadata: json(metadata), storedAtMs: created }));
  }

  /** What it has stored, and what was done to it. */
  outputs(): StoreOutputs {
    const log = existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
    return {
      events: this.events(),
      kills: { wanted: this.wantedKills, done: this.restarts },
      cuts: log.split('\n').filter((line) => line === 'cutsAfterApplying').length,
    };
  }

  async stop(): Promise<void> {
    await this.child?.stop();
  }

  private async isLive(): Promise<boolean> {
    const answer = await fetch(`http://${this.address}/health/live`, { signal: AbortSignal.timeout(1000) }).catch(() => null);
    return answer?.status === 204;
  }
}

/** From Base64, as it is in the file. */
function json(text: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as Record<string, unknown>;
}
