import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import { Random } from '../../src/cli/simulator/random.js';
import { Child } from './child.js';
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

  get url(): string {
    return `esdb://127.0.0.1:${this.port}?tls=false`;
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
      if (!this.child?.isRunning) throw new Error(`the event store ended by itself; see ${this.logFile}`);
      await this.child.kill('SIGKILL');
      await systemClock.sleep(awayMs);
      await this.start();
      this.restarts += 1;
    }
  }

  /** Cuts no further append: while outputs are read the product still renews its leases. */
  endCuts(): void {
    if (this.cutsAppends) this.child?.signal('SIGUSR2');
  }

  /** What it has stored, read from its file. */
  outputs(): StoreOutputs {
    const lines = readFileSync(this.eventFile, 'utf8').trimEnd().split('\n');
    const events = lines.flatMap((line) => JSON.parse(line) as { stream: string; id: string; type: string }[]);
    const log = existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
    return {
      events: events.map(({ stream, id, type }) => ({ stream, id, type })),
      kills: { wanted: this.wantedKills, done: this.restarts },
      cuts: log.split('\n').filter((line) => line === 'cutsAfterApplying').length,
    };
  }

  async stop(): Promise<void> {
    await this.child?.stop();
  }

  private async isLive(): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/health/live`, { signal: AbortSignal.timeout(1000) }).catch(() => null);
    return answer?.status === 204;
  }
}
