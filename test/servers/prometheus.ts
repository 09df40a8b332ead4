import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from './server-process.js';
import { temporarySite, type DataFolder, type Site } from './site.js';
import { systemProgram } from './system-program.js';

/** The configuration that users run. */
export const PROMETHEUS_FILES = fileURLToPath(new URL('../../docker/prometheus/', import.meta.url));

/** Labels and value of one series at one time. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly timeMs: number;
  readonly value: number;
}

interface Answer<Data> {
  readonly status: string;
  readonly data: Data;
  readonly error?: string;
}

type Point = readonly [seconds: number, value: string];

/** A Prometheus of one test with the users' configuration and rules, but for where the systems are. */
export class PrometheusServer {
  private constructor(
    private readonly folder: DataFolder,
    readonly url: string,
    private process: ServerProcess,
  ) {}

  /** `targets` gives each job's addresses, `127.0.0.1:20001`; a job that it does not name has none, but for its own. */
  static async start(targets: Readonly<Record<string, readonly string[]>>, site: Site = temporarySite): Promise<PrometheusServer> {
    const folder = site.folder('prometheus');
    const dir = folder.path;
    cpSync(PROMETHEUS_FILES, dir, { recursive: true });
    const jobs = readdirSync(join(dir, 'targets')).map((file) => file.replace(/\.yml$/, ''));
    const unknown = Object.keys(targets).filter((job) => !jobs.includes(job));
    if (unknown.length > 0) throw new RangeError(`no such job: ${unknown.join()}; there are ${jobs.join()}`);
    const url = `http://127.0.0.1:${await site.port('prometheus')}`;
    const all: Readonly<Record<string, readonly string[]>> = { prometheus: [new URL(url).host], ...targets };
    // JSON is YAML.
    for (const job of jobs) writeFileSync(join(dir, 'targets', `${job}.yml`), JSON.stringify([{ targets: all[job] ?? [] }]));
    return new PrometheusServer(folder, url, await spawnServer(dir, url));
  }

  /** Ends it with SIGKILL; its data stay. */
  async kill(): Promise<void> {
    await this.process.stop('SIGKILL');
  }

  /** Starts it again on its data and port. */
  async restart(): Promise<void> {
    await this.kill();
    this.process = await spawnServer(this.folder.path, this.url);
  }

  /** All values from one time to another, a step apart. Thrown: an error with the server's words. */
  async range(query: string, startMs: number, endMs: number, stepSeconds: number): Promise<Sample[]> {
    const { result } = await this.ask<{ result: { metric: Record<string, string>; values: Point[] }[] }>('query_range', { query, start: seconds(startMs), end: seconds(endMs), step: String(stepSeconds) });
    return result.flatMap(({ metric, values }) => values.map((point) => sample(metric, point)));
  }

  /** The values at one time. Thrown: as `range`. */
  async instant(query: string, timeMs: number): Promise<Sample[]> {
    const { result } = await this.ask<{ result: { metric: Record<string, string>; value: Point }[] }>('query', { query, time: seconds(timeMs) });
    return result.map(({ metric, value }) => sample(metric, value));
  }

  labelValues(metric: string, label: string): Promise<string[]> {
    return this.ask<string[]>(`label/${label}/values`, { 'match[]': metric });
  }

  /** The jobs whose targets all answered at the last scrape. */
  async jobsUp(): Promise<string[]> {
    const { activeTargets } = await this.ask<{ activeTargets: { labels: { job: string }; health: string }[] }>('targets', {});
    const down = new Set(activeTargets.filter(({ health }) => health !== 'up').map(({ labels }) => labels.job));
    return [...new Set(activeTargets.map(({ labels }) => labels.job))].filter((job) => !down.has(job)).sort();
  }

  async stop(): Promise<void> {
    await this.process.stop();
    this.folder.release();
  }

  private async ask<Data>(path: string, parameters: Readonly<Record<string, string>>): Promise<Data> {
    const answer = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const { status, data, error } = (await answer.json()) as Answer<Data>;
    if (status !== 'success') throw new Error(`Prometheus answered ${answer.status} to ${parameters['query'] ?? path}: ${error}`);
    return data;
  }
}

function spawnServer(dir: string, url: string): Promise<ServerProcess> {
  const args = [`--config.file=${join(dir, 'prometheus.yml')}`, `--storage.tsdb.path=${join(dir, 'data')}`, `--web.listen-address=${new URL(url).host}`, '--log.level=warn'];
  return ServerProcess.start('prometheus', systemProgram('prometheus'), args, async () => (await fetch(`${url}/-/ready`)).ok);
}

function seconds(ms: number): string {
  return String(ms / 1000);
}

function sample(labels: Record<string, string>, [time, value]: Point): Sample {
  return { labels, timeMs: time * 1000, value: Number(value) };
}
