import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import { PRODUCT_ARGUMENTS } from '../support/product-command.js';
import { Child, type Ended } from './child.js';

const START_LIMIT_MS = 180_000;
const SETTLED_LIMIT_MS = 180_000;
const START_POLL_MS = 100;
const SETTLED_POLL_MS = 500;

/** Healthy so many times one after the other, lest a moment between two steps be taken for the end. */
const SETTLED_POLLS = 4;

/** What is waited for, as an error names it, how long, and how it is asked for. */
interface Wanted {
  readonly what: string;
  readonly limitMs: number;
  readonly pollMs: number;
  readonly times: number;
}

const SETTLED: Wanted = { what: 'everything processed', limitMs: SETTLED_LIMIT_MS, pollMs: SETTLED_POLL_MS, times: SETTLED_POLLS };

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
  readonly status: string;
  readonly detail: string;
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
    settings: Readonly<Record<string, string>> = {},
  ) {
    this.env = {
      VIGIA_DATA_DIR: paths.dataDir,
      VIGIA_INGEST_PORT: String(ports.ingest),
      VIGIA_CONSOLE_PORT: String(ports.console),
      VIGIA_SIMULATE: '0',
      VIGIA_CUSTOMERS: String(customers),
      VIGIA_LOG_LEVEL: 'warn',
      ...settings,
    };
  }

  get ingestUrl(): string {
    return `http://127.0.0.1:${this.ports.ingest}`;
  }

  get consoleUrl(): string {
    return `http://127.0.0.1:${this.ports.console}`;
  }

  start(): void {
    this.child = new Child({ args: PRODUCT_ARGUMENTS, env: this.env, logFile: this.paths.logFile });
  }

  /** `kill -9`; resolves when the process is gone. Thrown: an error when it had ended by itself. */
  async kill(): Promise<void> {
    this.assertRunning();
    appendFileSync(this.paths.logFile, '--- kill -9\n');
    await this.child?.kill('SIGKILL');
  }

  /** SIGSTOP and SIGCONT: the process is frozen and goes on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.assertRunning();
    this.child?.signal(signal);
  }

  /** `kill -9`, and up again at once. Thrown: an error when the process had ended by itself. */
  async killAndRestart(): Promise<void> {
    await this.kill();
    this.start();
    this.restarts += 1;
  }

  /** SIGINT, as Ctrl-C; gives how long the end took. */
  async interrupt(): Promise<Ended & { readonly tookMs: number }> {
    return this.end('SIGINT');
  }

  /** An end in good order, as Ctrl-C or a service manager ask for it; gives how long it took. */
  async end(signal: 'SIGINT' | 'SIGTERM'): Promise<Ended & { readonly tookMs: number }> {
    this.assertRunning();
    const child = this.child as Child;
    const startMs = systemClock.now();
    const ended = await child.stop(signal, 30_000);
    return { ...ended, tookMs: systemClock.now() - startMs };
  }

  /** Ends the process if it runs, in good order if it can. */
  async stop(): Promise<void> {
    await this.child?.stop();
  }

  /** Waits until the process has ended by itself, and says how. */
  async ended(): Promise<Ended> {
    return (this.child as Child).ended;
  }

  /** Waits until the start is over, with the customers set up; gives how long it took. */
  async waitUntilUp(): Promise<number> {
    return this.waitFor({ what: 'started', limitMs: START_LIMIT_MS, pollMs: START_POLL_MS, times: 1 }, async () => notStarted(await this.health()));
  }

  /** Waits until nothing lags; gives how long it took. Thrown: an error that says what still lags. */
  async waitUntilCaughtUp(): Promise<number> {
    return this.waitFor(SETTLED, async () => behind(await this.health()));
  }

  /** Waits until nothing lags and no e-mail is owed; gives how long it took. Thrown: an error that says what still lags. */
  async waitUntilSettled(): Promise<number> {
    return this.waitFor(SETTLED, async () => {
      const why = behind(await this.health());
      if (why !== '') return why;
      const pending = (await this.alarms()).filter(({ email }) => email === 'pending').length;
      return pending > 0 ? `${pending} e-mails pending` : '';
    });
  }

  /** Every alarm. */
  alarms(): Promise<ApiAlarm[]> {
    return this.list('/api/alarms');
  }

  /** All items of a list, page by page. */
  async list<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    let cursor: string | null = null;
    do {
      const page = (await this.get(`${path}${path.includes('?') ? '&' : '?'}limit=${PAGE}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)) as Page<Item>;
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    return items;
  }

  /** The JSON at a path of the API. Thrown: an error with the body for any status but 200 (for /api/health also 503). */
  async get(path: string): Promise<unknown> {
    const response = await fetch(`${this.consoleUrl}${path}`, { signal: AbortSignal.timeout(15_000) });
    const text = await response.text();
    const isAnswer = response.status === 200 || (path === '/api/health' && response.status === 503);
    if (!isAnswer) throw new Error(`GET ${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text) as unknown;
  }

  /** What `vigia …` prints on stdout. Thrown: an error when it prints nothing; its exit code may be its verdict. */
  async command(...args: readonly string[]): Promise<string> {
    const { code, signal, stdout } = await new Child({ args: [join('dist', 'cli', 'vigia.js'), ...args], env: this.env }).ended;
    if (stdout.trim() === '') throw new Error(`vigia ${args.join(' ')} ended with ${code ?? signal} and printed nothing`);
    return stdout;
  }

  /** Thrown: an error when the process has ended by itself. */
  assertRunning(): void {
    if (!this.child?.isRunning) throw new Error(`the product's process ended by itself; see ${this.paths.logFile}`);
  }

  private async health(): Promise<readonly HealthPart[]> {
    return ((await this.get('/api/health')) as { parts: readonly HealthPart[] }).parts;
  }

  /** Asks `why` until it says nothing `times` running; gives how long it took. Thrown: an error with what it said last. */
  private async waitFor({ what, limitMs, pollMs, times }: Wanted, why: () => Promise<string>): Promise<number> {
    const startMs = systemClock.now();
    for (let quiet = 0; quiet < times; ) {
      this.assertRunning();
      const reason = await why().catch((error: unknown) => String(error));
      quiet = reason === '' ? quiet + 1 : 0;
      if (reason !== '' && systemClock.now() - startMs > limitMs) throw new Error(`not ${what} within ${limitMs / 1000} s: ${reason}; see ${this.paths.logFile}`);
      if (quiet < times) await systemClock.sleep(pollMs);
    }
    return systemClock.now() - startMs;
  }
}

/** The parts that are down or still starting, empty when there is none. */
function notStarted(parts: readonly HealthPart[]): string {
  return parts
    .filter(({ name, status }) => status === 'down' || (name === 'application' && status !== 'up'))
    .map(({ name, detail }) => `${name}: ${detail}`)
    .join('; ');
}

/** The parts that have something to do, or are not started; empty when there is none. */
function behind(parts: readonly HealthPart[]): string {
  const lagging = parts.filter(({ lagEvents, lagSeconds }) => (lagEvents ?? lagSeconds ?? 0) > 0);
  return notStarted(parts) || lagging.map(({ name, detail }) => `${name}: ${detail}`).join('; ');
}
