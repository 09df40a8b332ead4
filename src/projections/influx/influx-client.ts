import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { parse } from 'csv-parse';
import type { Clock } from '../../clock.js';
import type { InfluxConfig } from '../../config.js';
import { ReadModelUnavailable } from '../projection-sink.js';
import { ensureBucket, type Bucket } from './influx-bucket.js';

const compress = promisify(gzip);

/** Lines in one POST: some 600 kB before compression; the server's own limit is 25 MB. */
export const BATCH_LINES = 5000;

/** A write may wait for the server's disk, and a deletion rewrites files. */
const WRITE_LIMIT_MS = 30_000;
const READ_LIMIT_MS = 5000;

/** For what is read of all sensors, once a snapshot. */
export const SLOW_READ_LIMIT_MS = 30_000;

/** The longest pause that the server may ask for (`Retry-After`). */
const LONGEST_PAUSE_MS = 300_000;

/** How much of an answer is kept for an error. */
const LONGEST_REASON = 300;

/** InfluxDB does not take what it was sent, and will not take it if it is sent again: someone has to look at it. Nothing was confirmed. */
export class InfluxRefused extends Error {
  constructor(
    what: string,
    readonly status: number,
  ) {
    super(what);
    this.name = 'InfluxRefused';
  }
}

/** A time in which this process writes: asked right before a request is sent, and breaks off what is under way when it ends. */
export interface WriteTerm {
  isHeld(): boolean;
  readonly signal: AbortSignal;
}

/** A row of an answer: column → text. */
export type FluxRow = Readonly<Record<string, string>>;

export interface InfluxRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH';
  /** With its query, without org and bucket: `/api/v2/orgs?org=o`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly limitMs?: number;
  /** 404 is an answer too. */
  readonly mayBeMissing?: boolean;
  /** Only within it. */
  readonly term?: WriteTerm;
}

/**
 * InfluxDB 2 over HTTP. A request is made once: who asked repeats it, as it may, after `ReadModelUnavailable`.
 * While the server has asked for a pause (`Retry-After`) nothing is sent to it.
 *
 * Thrown by every method: `ReadModelUnavailable` when there is no answer, or 429 or 5xx; `InfluxRefused` for any other answer than the wanted one.
 */
export class InfluxClient {
  private readonly closing = new AbortController();
  private known: Promise<Bucket> | null = null;
  private pausedUntilMs = 0;
  private lastFailure: string | null = null;
  /** Lines confirmed with 204, and requests that failed, since the start. */
  readonly totals = { lines: 0, failures: 0 };

  constructor(
    private readonly config: InfluxConfig,
    private readonly clock: Clock,
    private readonly options: { readonly mayMakeBucket: boolean } = { mayMakeBucket: true },
  ) {}

  /** Why the last request failed, null when it went well. */
  failure(): string | null {
    return this.lastFailure;
  }

  /** The bucket, made on demand where that is allowed; looked up again after a failure. */
  bucket(): Promise<Bucket> {
    this.known ??= ensureBucket(this.config, this.options, (request) => this.ask(request)).catch((error: unknown) => {
      this.known = null;
      throw error;
    });
    return this.known;
  }

  /**
   * Resolves when the server has confirmed every line with 204; written before a failure may be some of them, and the same again is
   * harmless. Thrown also: `ReadModelUnavailable` when the term is over.
   */
  async write(lines: readonly string[], term: WriteTerm): Promise<void> {
    await this.bucket();
    for (let from = 0; from < lines.length; from += BATCH_LINES) {
      const batch = lines.slice(from, from + BATCH_LINES);
      const { status } = await this.send({
        method: 'POST',
        path: `/api/v2/write?${this.target}&precision=ns`,
        headers: { 'Content-Encoding': 'gzip', 'Content-Type': 'text/plain; charset=utf-8' },
        body: await compress(batch.join('\n')),
        limitMs: WRITE_LIMIT_MS,
        term,
      });
      if (status !== 204) throw this.fail(new ReadModelUnavailable(`${this.name} answered a write with ${status} instead of 204`));
      this.totals.lines += batch.length;
    }
  }

  /** Deletes the points from `startMs` to `stopMs`, both inclusive, that the predicate names: `_measurement="m" AND type="smoke"`. Thrown as by `write`. */
  async delete(startMs: number, stopMs: number, predicate: string, term: WriteTerm): Promise<void> {
    await this.bucket();
    const body = JSON.stringify({ start: rfc3339(startMs), stop: rfc3339(stopMs), predicate });
    await this.send({ method: 'POST', path: `/api/v2/delete?${this.target}`, headers: JSON_BODY, body, limitMs: WRITE_LIMIT_MS, term });
  }

  /** The rows of a Flux query in the server's order, those of all its tables. */
  async *query(flux: string, limitMs = READ_LIMIT_MS): AsyncIterable<FluxRow> {
    const body = JSON.stringify({ query: flux, dialect: { header: true, annotations: [] } });
    const headers = { ...JSON_BODY, Accept: 'application/csv' };
    const answer = await this.begin({ method: 'POST', path: `/api/v2/query?org=${encodeURIComponent(this.config.org)}`, headers, body, limitMs });
    if (answer.body === null) return;
    let header: readonly string[] = [];
    const cells = parse({ relaxColumnCount: true, skipEmptyLines: true });
    // What breaks the body off ends the rows, too: the loop throws it. A loop that is left early lets go of the body.
    pipeline(Readable.fromWeb(answer.body), cells, () => undefined);
    try {
      for await (const row of cells as AsyncIterable<readonly string[]>) {
        // A table says its columns first; an error in the middle is a table with a column of that name.
        if (row[1] === 'result' || row[0] === 'error' || row[1] === 'error') header = row;
        else if (header.length === 0) throw new Error(`${JSON.stringify(row.join().slice(0, LONGEST_REASON))} is no table of Flux`);
        else yield Object.fromEntries(row.map((cell, column) => [header[column] ?? '', cell]));
        if (header.includes('error') && row !== header) throw new Error(row[header.indexOf('error')]);
      }
    } catch (error) {
      throw this.fail(new ReadModelUnavailable(`${this.name} broke its answer off: ${reasonOf(error)}`, { cause: error }));
    }
  }

  /** Breaks off what is under way. */
  close(): void {
    this.closing.abort(new Error('closed'));
  }

  /** The answer's JSON, an object. */
  private async ask(request: InfluxRequest): Promise<unknown> {
    const { text } = await this.send(request);
    try {
      const json: unknown = JSON.parse(text);
      if (typeof json === 'object' && json !== null) return json;
    } catch {
      // A proxy in between answers in its own way.
    }
    throw this.fail(new ReadModelUnavailable(`${this.name} answered ${pathOf(request)} with ${JSON.stringify(text.slice(0, LONGEST_REASON))} instead of JSON`));
  }

  /** The whole answer. */
  private async send(request: InfluxRequest): Promise<{ readonly status: number; readonly text: string }> {
    const answer = await this.begin(request);
    try {
      return { status: answer.status, text: await answer.text() };
    } catch (error) {
      throw this.fail(new ReadModelUnavailable(`${this.name} broke its answer to ${pathOf(request)} off: ${reasonOf(error)}`, { cause: error }));
    }
  }

  /** The answer when its head is there. */
  private async begin({ method = 'GET', path, headers = {}, body, limitMs = READ_LIMIT_MS, mayBeMissing = false, term }: InfluxRequest): Promise<Response> {
    if (term?.isHeld() === false) throw new ReadModelUnavailable(`this process is no longer the one that writes to ${this.name}`);
    const pauseMs = this.pausedUntilMs - this.clock.now();
    if (pauseMs > 0) throw new ReadModelUnavailable(`${this.name} asked for a pause of ${Math.ceil(pauseMs / 1000)} s more (${this.lastFailure})`);
    let answer: Response;
    try {
      answer = await fetch(new URL(path, this.config.url), {
        method,
        headers: { Authorization: `Token ${this.config.token}`, ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
        redirect: 'manual',
        signal: AbortSignal.any([this.closing.signal, AbortSignal.timeout(limitMs), ...(term ? [term.signal] : [])]),
      });
    } catch (error) {
      throw this.fail(new ReadModelUnavailable(`${this.name} gives no answer: ${reasonOf(error)}`, { cause: error }));
    }
    if (answer.ok || (mayBeMissing && answer.status === 404)) {
      this.lastFailure = null;
      return answer;
    }
    throw this.fail(await this.toError(answer, path));
  }

  private async toError(answer: Response, path: string): Promise<Error> {
    const { status } = answer;
    const said = await answer.text().then(messageIn, () => 'its reason did not come through');
    const what = `${this.name} answered ${status} to ${pathOf({ path })}: ${said}`;
    if (status === 429 || status >= 500) {
      const seconds = Number(answer.headers.get('retry-after') ?? 0);
      if (seconds > 0) this.pausedUntilMs = this.clock.now() + Math.min(seconds * 1000, LONGEST_PAUSE_MS);
      return new ReadModelUnavailable(what);
    }
    if (status === 401 || status === 403) return new InfluxRefused(`${what}; INFLUX_TOKEN must be one that may read and write bucket ${this.config.bucket} of organisation ${this.config.org}`, status);
    if (status === 404) return new InfluxRefused(`${what}; INFLUX_ORG is ${this.config.org}, INFLUX_BUCKET ${this.config.bucket}`, status);
    return new InfluxRefused(what, status);
  }

  private fail(error: Error): Error {
    this.lastFailure = error.message;
    this.totals.failures += 1;
    // The bucket may have been removed, or its retention changed.
    this.known = null;
    return error;
  }

  private get name(): string {
    return `InfluxDB at ${this.config.url}`;
  }

  private get target(): string {
    return `org=${encodeURIComponent(this.config.org)}&bucket=${encodeURIComponent(this.config.bucket)}`;
  }
}

export const JSON_BODY = { 'Content-Type': 'application/json' };

function pathOf({ path }: Pick<InfluxRequest, 'path'>): string {
  return path.replace(/\?.*$/, '');
}

function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}

/** InfluxDB's errors are JSON: `{"code":"invalid","message":"unable to parse '…'"}`. */
function messageIn(text: string): string {
  let message = text;
  try {
    message = (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    // A proxy in between answers in its own way.
  }
  return message.slice(0, LONGEST_REASON);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}, ${(cause as NodeJS.ErrnoException).code ?? cause.message}` : error.message;
}
