import { mkdtempSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import { LibsqlMessageLog } from '../../src/message-log/libsql-message-log.js';
import { Product } from '../acceptance/product.js';
import { freePort } from '../servers/server-process.js';
import type { BeforeStart } from './before-start.js';

/** A reading in the object form; what is left out is normal. */
export interface PostedReading {
  readonly id: number;
  readonly movement?: boolean;
  readonly smoke?: boolean;
  /** °C; the maximum is 30. */
  readonly temperature?: number;
  /** The sensor's own time, ISO 8601 UTC. */
  readonly at?: string;
}

/** The built product in a folder and on ports of its own, fed through its ingest endpoint. */
export class ServedProduct {
  private constructor(
    readonly product: Product,
    readonly dir: string,
  ) {}

  /** Resolves when it is up, with `customers` generated customers and what was in its folder before. */
  static async start(customers: number, settings: Readonly<Record<string, string>> = {}, before?: BeforeStart): Promise<ServedProduct> {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-browser-'));
    const dataDir = join(dir, 'data');
    await mkdir(dataDir);
    await before?.(dataDir);
    const paths = { dataDir, logFile: join(dir, 'product.log') };
    const ports = { ingest: await freePort(), console: await freePort() };
    const product = new Product(paths, ports, customers, { VIGIA_MAIL_LANGUAGE: 'en', ...settings });
    product.start();
    await product.waitUntilUp();
    return new ServedProduct(product, dir);
  }

  private get dataDir(): string {
    return join(this.dir, 'data');
  }

  /** Posts readings as one NDJSON batch. Thrown: an error when one is refused. */
  async post(topic: 'ENTRY' | 'OK', readings: readonly PostedReading[]): Promise<void> {
    const lines = readings.map(jsonOf);
    const answer = await fetch(`${this.product.ingestUrl}/topics/${topic}/messages`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    if (answer.status !== 200) throw new Error(`the ingest endpoint answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
  }

  /** Puts records into the log that no endpoint would take, as a producer of its own could; the process is started anew. */
  async writePastEndpoint(topic: 'ENTRY' | 'OK', values: readonly string[]): Promise<void> {
    await this.product.interrupt();
    const log = await LibsqlMessageLog.open(this.dataDir, { clock: systemClock });
    await log.append(topic, values.map((value) => ({ key: '21', value: Buffer.from(value), headers: {} })));
    await log.close();
    this.product.start();
    await this.product.waitUntilUp();
  }

  /** What `vigia …` prints; it reaches the running process through its API. */
  command(...args: readonly string[]): Promise<string> {
    return this.product.command(...args);
  }

  async stop(): Promise<void> {
    await this.product.interrupt();
    await rm(this.dir, { recursive: true });
  }
}

/** As it stands in the log. */
export function jsonOf(reading: PostedReading): string {
  return JSON.stringify({ movement: false, smoke: false, temperature: 20.5, maxTemperature: 30, ...reading });
}
