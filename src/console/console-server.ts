import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AccessControl } from '../access/access-control.js';
import { hostnameOf, isAddress, isLoopback } from '../access/loopback.js';
import { isAllowed, type Access } from '../access/user-role.js';
import type { Config } from '../config.js';
import { PROBLEM_MEDIA_TYPE, problemOf } from './problem.js';
import { accessOf } from './route-access.js';

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
  readonly status: 401 | 403 | 415 | 421;
  readonly detail: string;
}

/** What is known of a request before its body. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Where the server listens, and under which address people reach it when that is another one. */
export type Doors = Pick<Config, 'bindAddress' | 'consoleUrl'>;

/**
 * Why a request is refused before it is asked who sends it; null when it is not.
 *
 * A foreign web page can make a browser call us, also under a name of its own that leads to this address
 * (DNS rebinding): only names that are ours are answered, what changes something must come as JSON, which
 * a page can't send elsewhere unasked, and neither that nor what the API tells is for pages of another origin.
 */
export function refusalOf(request: RequestHead, doors: Doors, access: Access): Refusal | null {
  const host = textOf(request.headers['host']);
  if (!isOurName(host, doors, access)) return { status: 421, detail: hostRefusal(host, doors) };
  const isReading = READ_METHODS.has(request.method);
  const mediaType = textOf(request.headers['content-type']).split(';')[0]?.trim().toLowerCase();
  if (!isReading && mediaType !== 'application/json') {
    return { status: 415, detail: `Content-Type is ${JSON.stringify(mediaType ?? '')}, expected application/json` };
  }
  const isFollowedLink = textOf(request.headers['sec-fetch-mode']) === 'navigate';
  return isReading && (isFollowedLink || !request.url.startsWith('/api/')) ? null : foreignRefusal(request, host, doors);
}

function isOurName(host: string, { bindAddress, consoleUrl }: Doors, access: Access): boolean {
  const hostname = hostnameOf(host);
  if (isLoopback(hostname) || (consoleUrl !== null && hostname === hostnameOf(new URL(consoleUrl).host))) return true;
  // Off loopback: probes call a container or a machine by whatever name it has there, and nobody's name leads to an address.
  return !isLoopback(bindAddress) && host !== '' && (access === 'probe' || isAddress(hostname));
}

function hostRefusal(host: string, { bindAddress, consoleUrl }: Doors): string {
  const expected = isLoopback(bindAddress) ? 'localhost or a loopback address' : 'an address';
  return `Host is ${JSON.stringify(host)}, expected ${expected}${consoleUrl === null ? '; VIGIA_CONSOLE_URL gives it a name' : ` or that of ${consoleUrl}`}`;
}

/** Says no to pages of another origin. A browser that says `same-site` means another port or a sister's name. */
function foreignRefusal({ headers }: RequestHead, host: string, { consoleUrl }: Doors): Refusal | null {
  const origin = textOf(headers['origin']);
  if (origin !== '' && ![`http://${host}`, `https://${host}`, consoleUrl].includes(origin)) {
    return { status: 403, detail: `Origin is ${JSON.stringify(origin)}, expected this server's own` };
  }
  const site = textOf(headers['sec-fetch-site']);
  if (site === 'cross-site' || site === 'same-site') return { status: 403, detail: `Sec-Fetch-Site is ${JSON.stringify(site)}, expected same-origin` };
  return null;
}

/** A hook that sets the security headers of every answer, refuses what `refusalOf` refuses, and asks who it is. */
export function guard(doors: Doors, control: AccessControl) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    reply.headers(SECURITY_HEADERS);
    if (request.url.startsWith('/api/')) reply.header('Cache-Control', 'no-store');
    // What there is not is for anyone: it is answered with 404.
    const access = request.is404 ? 'anyone' : accessOf(request.routeOptions.config);
    const refusal = refusalOf(request, doors, access) ?? (await roleRefusal(request, control, access));
    if (refusal?.status === 401) reply.header('WWW-Authenticate', 'Bearer realm="vigia"');
    if (refusal) await sendProblem(request, reply, refusal.status, refusal.detail);
  };
}

/** Why who asks may not; null when they may, and then the request has its identity. Thrown: `BadAccounts`. */
async function roleRefusal(request: FastifyRequest, control: AccessControl, access: Access): Promise<Refusal | null> {
  if (access === 'probe' || access === 'anyone') return null;
  request.identity = await control.identify(request.headers);
  if (isAllowed(request.identity, access)) return null;
  if (request.identity === null) return { status: 401, detail: 'log in at /, or send a token as Authorization: Bearer' };
  return { status: 403, detail: `this is for the role ${access}; ${request.identity.name ?? 'you'} has the role ${request.identity.role}` };
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
