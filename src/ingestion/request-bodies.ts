import type { IncomingMessage } from 'node:http';
import { IngestRefusal } from './ingest-refusal.js';

/** What a request in work costs in memory besides its body, about. */
const REQUEST_OVERHEAD_BYTES = 1024;

/**
 * A refused body is read on, and thrown away, up to this: a client that is cut off while it still sends
 * would see a reset instead of the answer.
 */
const MAX_DISCARDED_BYTES = 16 * 1024 * 1024;

/** How large a body may get. */
export interface BodyLimit {
  /** Without a look at the body. */
  readonly firstBytes: number;
  /** Asked once, with what came so far, when the body grows beyond `firstBytes`: the limit for such a body. */
  readonly maxBytes: (head: Buffer) => number;
  /** What a body of any content may have at most. */
  readonly mostBytes: number;
}

/** The bodies in memory at one time, of all requests together, up to a bound. */
export class RequestBodies {
  private held = 0;

  constructor(private readonly maxHeldBytes: number) {}

  /**
   * Reads a request's body and gives it to `use`; it counts as held until that has resolved.
   * Thrown: `IngestRefusal` 413 as soon as the body is too large, 503 when the bound is reached, 400 when the client went away.
   */
  async with<T>(request: IncomingMessage, limit: BodyLimit, use: (body: Buffer) => Promise<T>): Promise<T> {
    let taken = 0;
    const take = (bytes: number) => {
      if (this.held + bytes > this.maxHeldBytes) throw new IngestRefusal(503, 'too many requests are in work; try again later');
      this.held += bytes;
      taken += bytes;
    };
    try {
      take(REQUEST_OVERHEAD_BYTES);
      return await use(await receive(request, limit, take));
    } finally {
      this.held -= taken;
    }
  }
}

/** Lets a refused request end by itself; its connection is cut when it goes on for too long. */
export function discardRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  let left = MAX_DISCARDED_BYTES;
  request.on('error', () => undefined); // the client may go at any time now
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
}

function receive(request: IncomingMessage, limit: BodyLimit, take: (bytes: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    requireAtMost(limit.mostBytes, Number(request.headers['content-length'] ?? 0));
    const chunks: Buffer[] = [];
    let size = 0;
    let maxBytes = limit.firstBytes;
    let isAsked = false;

    const onData = (chunk: Buffer) => {
      try {
        take(chunk.length);
        chunks.push(chunk);
        size += chunk.length;
        if (size > maxBytes && !isAsked) {
          maxBytes = limit.maxBytes(Buffer.concat(chunks, size));
          isAsked = true;
        }
        requireAtMost(maxBytes, size);
      } catch (error) {
        settle();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const onEnd = () => {
      settle();
      const [first] = chunks;
      resolve(first && chunks.length === 1 ? first : Buffer.concat(chunks, size));
    };
    const onGone = () => {
      settle();
      reject(new IngestRefusal(400, 'the connection was closed before the end of the body'));
    };
    const settle = () => {
      request.off('data', onData).off('end', onEnd).off('close', onGone);
    };
    request.on('error', () => undefined); // `close` follows
    request.on('data', onData).on('end', onEnd).on('close', onGone);
  });
}

function requireAtMost(maxBytes: number, bytes: number): void {
  if (bytes > maxBytes) throw new IngestRefusal(413, `the body is too large: this kind of request may have at most ${maxBytes} bytes`);
}
