import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
};

type Encoding = 'br' | 'gzip' | 'identity';

/** Where the built files are that are not at their own path. An alarm's address is the one that its e-mail gives. */
const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  '/index.html': ['/', '/alarms', '/alarms/:alarmId', '/audit', '/history', '/load', '/system', '/wall', '/sensors/:sensorId'],
  '/api-docs.html': ['/api/docs'],
};

/** One file of the page, ready to be sent. */
export interface StaticPage {
  /** `["/assets/index-5bd1.js"]`; the start page is `/`. */
  readonly addresses: readonly string[];
  readonly mediaType: string;
  readonly etag: string;
  /** Its name has a hash of its content, so it may be kept forever. */
  readonly isImmutable: boolean;
  readonly bodies: Readonly<Record<Encoding, Buffer>>;
}

/** Reads and compresses the built page, some 300 kB, once; empty when it was not built. */
export async function loadPages(folder: string): Promise<readonly StaticPage[]> {
  const files = await readdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const known = files.filter((file) => extname(file) in MEDIA_TYPES);
  return Promise.all(known.map((file) => loadPage(folder, file)));
}

async function loadPage(folder: string, file: string): Promise<StaticPage> {
  const content = await readFile(join(folder, file));
  const path = `/${file.replaceAll('\\', '/')}`;
  return {
    addresses: ADDRESSES[path] ?? [path],
    mediaType: MEDIA_TYPES[extname(file)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`,
    isImmutable: path.startsWith('/assets/'),
    bodies: {
      identity: content,
      gzip: await compressGzip(content, { level: 9 }),
      br: await compressBrotli(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
    },
  };
}

/** Adds the routes of each file. */
export function servePages(server: FastifyInstance, pages: readonly StaticPage[]): void {
  for (const page of pages) {
    for (const address of page.addresses) server.get(address, { config: { access: 'anyone' } }, (request, reply) => send(page, request, reply));
  }
}

function send(page: StaticPage, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.headers({
    'Content-Type': page.mediaType,
    'Cache-Control': page.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    ETag: page.etag,
    Vary: 'Accept-Encoding',
  });
  if (request.headers['if-none-match'] === page.etag) return reply.code(304).send();
  const encoding = encodingFor(request.headers['accept-encoding'] ?? '');
  if (encoding !== 'identity') reply.header('Content-Encoding', encoding);
  return reply.send(page.bodies[encoding]);
}

/** The smallest that the client takes; weights other than a refusal by `q=0` are not looked at. */
export function encodingFor(acceptEncoding: string): Encoding {
  const accepted = acceptEncoding
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())
    .filter((part) => !/;\s*q=0(\.0*)?$/.test(part))
    .map((part) => part.split(';')[0]?.trim());
  if (accepted.includes('br')) return 'br';
  return accepted.includes('gzip') ? 'gzip' : 'identity';
}
