import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_MEDIA_TYPE, problemOf } from './problem.js';

/** The scripts and styles of the page come from here, and nothing else is loaded or run. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const READ_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface Refusal {
  readonly status: 403 | 415 | 421;
  readonly detail: string;
}

/** What is known of a request before its body. */
export interface RequestHead {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * Why a request is refused before it reaches any route; null when it is not.
 *
 * A foreign web page can make a browser call us, also under a name of its own that leads to this address
 * (DNS rebinding): while bound to loopback only loopback's names are answered, and what changes something
 * must come as JSON, which a page can't send elsewhere unasked, and from no other origin.
 */
export function refusalOf(request: RequestHead, bindAddress: string): Refusal | null {
  const host = textOf(request.headers['host']);
  if (isLoopback(bindAddress) && !isLoopback(hostnameOf(host))) {
    return { status: 421, detail: `Host is ${JSON.stringify(host)}, expected localhost or a loopback address` };
  }
  if (READ_METHODS.has(request.method)) return null;
  const mediaType = textOf(request.headers['content-type']).split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    return { status: 415, detail: `Content-Type is ${JSON.stringify(mediaType ?? '')}, expected application/json` };
  }
  const origin = textOf(request.headers['origin']);
  if (origin !== '' && origin !== `http://${host}` && origin !== `https://${host}`) {
    return { status: 403, detail: `Origin is ${JSON.stringify(origin)}, expected this server's own` };
  }
  return null;
}

/** A hook that sets the security headers of every answer and refuses what `refusalOf` refuses. */
export function guard(bindAddress: string) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    reply.headers(SECURITY_HEADERS);
    if (request.url.startsWith('/api/')) reply.header('Cache-Control', 'no-store');
    const refusal = refusalOf(request, bindAddress);
    if (refusal !== null) await sendProblem(request, reply, refusal.status, refusal.detail);
  };
}

/** Answers a request that fastify itself could not route, such as one with a malformed address. */
export function refuseUnroutable(error: Error & { statusCode?: number }, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(SECURITY_HEADERS);
  void sendProblem(request, reply, error.statusCode ?? 400, error.message);
}

async function sendProblem(request: FastifyRequest, reply: FastifyReply, status: number, detail: string): Promise<void> {
  await reply.code(status).header('Content-Type', PROBLEM_MEDIA_TYPE).send(JSON.stringify(problemOf(status, detail, request.url)));
}

function textOf(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header[0] : header) ?? '';
}

/** `[::1]:3000` → `::1`; `localhost:3000` → `localhost`. */
function hostnameOf(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}
