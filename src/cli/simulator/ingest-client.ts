import http from 'node:http';
import https from 'node:https';

/** What became of one message. `notStored`: for certain, so that a retry can't double it; `unknown`: it may be stored. */
export type Outcome =
  | { readonly type: 'stored'; readonly partition: number; readonly offset: number }
  | { readonly type: 'refused'; readonly status: number; readonly body: string }
  | { readonly type: 'notStored'; readonly why: string }
  | { readonly type: 'unknown'; readonly why: string };

export interface Answer {
  /** One for each message sent, in their order. */
  readonly outcomes: readonly Outcome[];
  /** What the server asked to wait before a retry; null when it said nothing. */
  readonly retryAfterMs: number | null;
}

/** The target answers, but not as an ingest endpoint does: no retry helps. */
export class UnexpectedAnswer extends Error {
  constructor(url: string, expected: string, got: string) {
    super(`${url} answered with ${JSON.stringify(shorten(got))}; expected ${expected}`);
    this.name = 'UnexpectedAnswer';
  }
}

/** As long as a run of the server's log may stall, and shorter than people wait. */
const REQUEST_TIMEOUT_MS = 10_000;

/** Errors before any byte of the request has left. */
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Too slow, or too many: the request was not looked at, but may be later. */
const NOT_TAKEN = new Set([408, 429]);

const CONTENT_TYPES = { literal: 'text/plain', json: 'application/json', lines: 'application/x-ndjson' } as const;

interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/**
 * Posts messages to an ingest endpoint over connections that are kept open.
 *
 * Over node:http, because at thousands of single posts a second fetch takes about twice the processor time.
 */
export class IngestClient {
  private readonly transport: typeof http | typeof https;
  private readonly agent: http.Agent;

  constructor(
    private readonly url: URL,
    maxConnections: number,
    private readonly timeoutMs = REQUEST_TIMEOUT_MS,
  ) {
    this.transport = url.protocol === 'https:' ? https : http;
    this.agent = new this.transport.Agent({ keepAlive: true, maxSockets: maxConnections });
  }

  /** Null when the endpoint answers, else why not. */
  async ping(): Promise<string | null> {
    try {
      const { status } = await this.request('GET', '/_ping', null);
      return status === 200 ? null : `GET /_ping answered ${status}`;
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** One message as the body of its own request. Thrown: `UnexpectedAnswer`. */
  async sendOne(topic: string, message: string): Promise<Answer> {
    // A literal message begins as an object does, but its first string is followed by a comma.
    const type = /^\{"[^"]*",/.test(message) ? CONTENT_TYPES.literal : CONTENT_TYPES.json;
    return this.post(`/topics/${topic}/messages?sync`, type, message, 1, (body) => [storedAt(body)]);
  }

  /** A batch, one message a line. Thrown: `UnexpectedAnswer`. */
  async sendBatch(topic: string, messages: readonly string[]): Promise<Answer> {
    return this.post(`/topics/${topic}/messages?sync`, CONTENT_TYPES.lines, messages.join('\n'), messages.length, (body) => {
      const offsets = (body as { offsets?: unknown } | null)?.offsets;
      return Array.isArray(offsets) ? offsets.map((entry) => storedAt(entry) ?? failedWith(entry)) : [];
    });
  }

  /** Cuts what is under way; its outcome is unknown. */
  close(): void {
    this.agent.destroy();
  }

  private async post(path: string, type: string, body: string, count: number, read: (body: unknown) => (Outcome | null)[]): Promise<Answer> {
    let answer: HttpAnswer;
    try {
      answer = await this.request('POST', path, { type, body });
    } catch (error) {
      const isCertain = NEVER_CONNECTED.has((error as NodeJS.ErrnoException).code ?? '');
      return { outcomes: same(count, { type: isCertain ? 'notStored' : 'unknown', why: reasonOf(error) }), retryAfterMs: null };
    }
    const retryAfterMs = readRetryAfter(answer.retryAfter);
    const { status } = answer;
    if (status === 200 || status === 207) {
      const outcomes = read(parseJson(answer.body)).filter((outcome) => outcome !== null);
      if (outcomes.length !== count) throw new UnexpectedAnswer(`POST ${new URL(path, this.url).href}`, `partition and offset of ${count} messages`, answer.body);
      return { outcomes, retryAfterMs };
    }
    if (NOT_TAKEN.has(status)) return { outcomes: same(count, { type: 'notStored', why: `status ${status}` }), retryAfterMs };
    if (status >= 500) return { outcomes: same(count, { type: 'unknown', why: `status ${status}` }), retryAfterMs };
    return { outcomes: same(count, { type: 'refused', status, body: shorten(answer.body) }), retryAfterMs };
  }

  private request(method: string, path: string, payload: { type: string; body: string } | null): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const headers = payload ? { 'content-type': payload.type, 'content-length': Buffer.byteLength(payload.body) } : {};
      const request = this.transport.request(new URL(path, this.url), { method, headers, agent: this.agent, timeout: this.timeoutMs });
      request.once('timeout', () => request.destroy(new Error(`no answer within ${this.timeoutMs} ms`)));
      request.once('error', reject);
      request.once('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const retryAfter = response.headers['retry-after'];
          resolve({ status: response.statusCode ?? 0, retryAfter, body: Buffer.concat(chunks).toString('utf8') });
        });
      });
      request.end(payload?.body);
    });
  }
}

function storedAt(body: unknown): Outcome | null {
  const { partition, offset } = (body ?? {}) as { partition?: unknown; offset?: unknown };
  return typeof partition === 'number' && typeof offset === 'number' ? { type: 'stored', partition, offset } : null;
}

/** A record of a batch that was not stored: its code is an HTTP status, or one with two more digits as Kafka's REST proxy has them. */
function failedWith(entry: unknown): Outcome | null {
  const code = (entry as { error_code?: unknown } | null)?.error_code;
  if (typeof code !== 'number') return null;
  const status = code >= 10_000 ? Math.floor(code / 100) : code;
  if (status >= 500) return { type: 'unknown', why: `status ${status} of a record` };
  return { type: 'refused', status, body: shorten(JSON.stringify(entry)) };
}

function same(count: number, outcome: Outcome): Outcome[] {
  return Array.from({ length: count }, () => outcome);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** The header in seconds; its other form, a date, is not worth reading here. */
function readRetryAfter(header: string | undefined): number | null {
  const seconds = Number(header);
  return header !== undefined && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

function shorten(text: string): string {
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}
