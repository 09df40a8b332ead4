import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { HealthPart } from '../src/console/health-report.js';
import { freePort } from '../test/servers/server-process.js';
import { PRODUCT_ARGUMENTS } from '../test/support/product-command.js';
import { residentMbOf } from './process-meter.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Vigía itself, as built, on a data folder. */
export class RunningProduct {
  private constructor(
    private readonly child: ChildProcess,
    readonly consoleUrl: string,
    readonly ingestPort: number,
  ) {}

  /** Starts it and waits until every part is up. */
  static async start(dataDir: string, customers: number, settings: Readonly<Record<string, string>> = {}): Promise<RunningProduct> {
    const [consolePort, ingestPort] = [await freePort(), await freePort()];
    const child = spawn(process.execPath, PRODUCT_ARGUMENTS, {
      cwd: ROOT,
      env: {
        ...process.env,
        VIGIA_DATA_DIR: dataDir,
        VIGIA_CONSOLE_PORT: String(consolePort),
        VIGIA_INGEST_PORT: String(ingestPort),
        VIGIA_SIMULATE: '0',
        VIGIA_CUSTOMERS: String(customers),
        VIGIA_LOG_LEVEL: 'warn',
        ...settings,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const product = new RunningProduct(child, `http://127.0.0.1:${consolePort}`, ingestPort);
    while ((await product.health()) !== 'up') {
      if (child.exitCode !== null) throw new Error(`the product ended with ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return product;
  }

  async health(): Promise<string> {
    try {
      return ((await (await fetch(`${this.consoleUrl}/api/health`)).json()) as { status: string }).status;
    } catch {
      return 'none';
    }
  }

  /** How many events the part that is most behind still has to take. */
  async lagEvents(): Promise<number> {
    const { parts } = await this.ask<{ parts: HealthPart[] }>('/api/health');
    return Math.max(...parts.map(({ lagEvents }) => lagEvents ?? 0));
  }

  /** The answer to a GET. */
  async ask<Answer>(path: string): Promise<Answer> {
    const answer = await fetch(`${this.consoleUrl}${path}`);
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Answer;
  }

  /** Milliseconds of each GET in turn, from the asking to the last byte of the answer. */
  async timed(paths: Iterable<string>): Promise<readonly number[]> {
    const tookMs: number[] = [];
    for (const path of paths) {
      const begunMs = performance.now();
      await this.ask(path);
      tookMs.push(performance.now() - begunMs);
    }
    return tookMs;
  }

  /** Memory now resident, in MB. */
  residentMb(): number {
    return residentMbOf(this.child.pid!);
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }
}
