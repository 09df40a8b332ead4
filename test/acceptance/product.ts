import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import { Child, type Ended } from './child.js';

const START_LIMIT_MS = 90_000;
const SETTLED_LIMIT_MS = 180_000;
const POLL_MS = 500;

/** Healthy so many times one after the other, lest a moment between two steps be taken for the end. */
const SETTLED_POLLS = 4;

const PAGE = 500;

/** An alarm as the API shows it; the fields that are checked. */
export interface ApiAlarm {
  readonly alarmId: string;
  readonly sensorId: string;
  readonly type: string;
  readonly status: string;
  readonly triggeredAt: string;
  readonly email: string;
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

interface HealthPart {
  readonly name: string;
  readonly lagEvents?: number;
  readonly lagSeconds?: number;
}

export interface Paths {
  readonly dataDir: string;
  readonly logFile: string;
}

export interface Ports {
  readonly ingest: number;
  readonly console: number;
}

/** The built product as a process of its own, seen only by its ports, its folder and its command line. */
export class Product {
  restarts = 0;
  private child: Child | null = null;
  private readonly env: Readonly<Record<string, string>>;

  constructor(
    private readonly paths: Paths,
    private readonly ports: Ports,
    customers: number,
  ) {
    this.env = {
      VIGIA_DATA_DIR: paths.dataDir,
      VIGIA_INGEST_PORT: String(ports.ingest),
      VIGIA_CONSOLE_PORT: String(ports.console),
      VIGIA_SIMULATE: '0',
      VIGIA_CUSTOMERS: String(customers),
      VIGIA_LOG_LEVEL: 'warn',
    };
  }

  get ingestUrl(): string {
    return `http://127.0.0.1:${this.ports.ingest}`;
  }

  start(): void {
    this.child = new Child({ args: ['dist/main.js'], env: this.env, logFile: this.paths.logFile });
  }

  /** `kill -9`, and up again at once. Thrown: an error when the process had ended by itself. */
  async killAndRestart(): Promise<void> {
    this.assertRunning();
    appendFileSync(this.paths.logFile, '--- kill -9\n');
    await this.child?.kill('SIGKILL');
    this.start();
    this.restarts += 1;
  }

  /** SIGINT, as Ctrl-C; gives how long the end took. */
  async interrupt(): Promise<Ended & { readonly tookMs: number }> {
    this.assertRunning();
    const child = this.child as Child;
    const startMs = systemClock.now();
    const ended = await child.stop('SIGINT', 30_000);
    return { ...ended, tookMs: systemClock.now() - startMs };
  }

  /** Waits for the API's first answer; gives how long it took. */
  async waitUntilUp(): Promise<number> {
    const startMs = systemClock.now();
    for (;;) {
      this.assertRunning();
      if (await this.get('/api/health').then(() => true, () => false)) return systemClock.now() - startMs;
      if (systemClock.now() - startMs > START_LIMIT_MS) throw new Error(`no answer from /api/health within ${START_LIMIT_MS / 1000} s; see ${this.paths.logFile}`);
      await systemClock.sleep(POLL_MS);
    }
  }

  /** Waits until nothing lags and no e-mail is owed; gives how long it took. Thrown: an error that says what still lags. */
  async waitUntilSettled(): Promise<number> {
    const startMs = systemClock.now();
    let settledPolls = 0;
    let what = 'nothing heard yet';
    while (settledPolls < SETTLED_POLLS) {
      this.assertRunning();
      if (systemClock.now() - startMs > SETTLED_LIMIT_MS) throw new Error(`not everything processed within ${SETTLED_LIMIT_MS / 1000} s: ${what}`);
      await systemClock.sleep(POLL_MS);
      what = await this.unsettled().catch((error: unknown) => String(error));
      settledPolls = what === '' ? settledPolls + 1 : 0;
    }
    return systemClock.now() - startMs;
  }

  alarms(): Promise<ApiAlarm[]> {
    return this.list('/api/alarms');
  }

  /** All items of a list, page by page. */
  async list<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    let cursor: string | null = null;
    do {
      const page = (await this.get(`${path}?limit=${PAGE}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)) as Page<Item>;
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    return items;
  }

  /** The JSON at a path of the API. Thrown: an error with the body for any status but 200 (for /api/health also 503). */
  async get(path: string): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.ports.console}${path}`, { signal: AbortSignal.timeout(15_000) });
    const text = await response.text();
    const isAnswer = response.status === 200 || (path === '/api/health' && response.status === 503);
    if (!isAnswer) throw new Error(`GET ${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text) as unknown;
  }

  /** What `vigia …` prints. Thrown: an error when it does not end with 0. */
  async command(...args: readonly string[]): Promise<string> {
    const ended = await new Child({ args: [join('dist', 'cli', 'vigia.js'), ...args], env: this.env }).ended;
    if (ended.code !== 0) throw new Error(`vigia ${args.join(' ')} ended with ${ended.code ?? ended.signal}: ${ended.stdout.slice(0, 500)}`);
    return ended.stdout;
  }

  private assertRunning(): void {
    if (!this.child?.isRunning) throw new Error(`the product's process ended by itself; see ${this.paths.logFile}`);
  }

  /** What is not settled yet, empty when all is. */
  private async unsettled(): Promise<string> {
    const { parts } = (await this.get('/api/health')) as { parts: readonly HealthPart[] };
    const lagging = parts.filter(({ lagEvents, lagSeconds }) => (lagEvents ?? lagSeconds ?? 0) > 0);
    if (lagging.length > 0) return lagging.map((part) => `${part.name} lags ${part.lagEvents ?? 0} events, ${part.lagSeconds ?? 0} s`).join('; ');
    const pending = (await this.alarms()).filter(({ email }) => email === 'pending');
    return pending.length > 0 ? `${pending.length} e-mails pending` : '';
  }
}
