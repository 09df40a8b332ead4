import { accessSync, constants } from 'node:fs';

/** `EVENTSTORE_URL` is not one that can be used. */
export class BadEventStoreUrl extends Error {
  constructor(problem: string) {
    super(`EVENTSTORE_URL: ${problem}; expected esdb://[user:password@]host[:port][,host[:port]…][?tls=false|tlsCAFile=…|…]`);
    this.name = 'BadEventStoreUrl';
  }
}

export interface EventStoreUrl {
  /** As the client takes it, with the credentials. */
  readonly connectionString: string;
  /** `esdb-1:2113, esdb-2:2113`: for messages. */
  readonly servers: string;
}

type Check = (name: string, value: string) => void;

/**
 * What the connection string may set, by the names that the client knows.
 *
 * Left to itself the client prints a string with an unknown setting as it is, password and all, and goes on
 * without the setting.
 */
const SETTINGS: Readonly<Record<string, Check>> = {
  tls: oneOf('true', 'false'),
  tlsCAFile: readable,
  userCertFile: readable,
  userKeyFile: readable,
  connectionName: decoded,
  maxDiscoverAttempts: wholeNumber,
  discoveryInterval: wholeNumber,
  gossipTimeout: wholeNumber,
  keepAliveInterval: wholeNumber,
  keepAliveTimeout: wholeNumber,
  defaultDeadline: wholeNumber,
  // A follower's answers are older than what was appended.
  nodePreference: oneOf('leader'),
  // With false the client resolves a refused append, with a revision that is wrong.
  throwOnAppendFailure: oneOf('true'),
  // The client can't do without it; a certificate of one's own is named by tlsCAFile.
  tlsVerifyCert: oneOf('true'),
};

/** The client takes the names in any case, and with _ and - anywhere. */
const flat = (name: string): string => name.toLowerCase().replace(/[_-]/g, '');
const NAMES = new Map(Object.keys(SETTINGS).map((name) => [flat(name), name]));

/**
 * Checks a connection string, stricter than the client does: what the client would leave unheard is refused.
 *
 * `esdb://user:password@host:2113?tlsCAFile=/etc/ca.pem`; several hosts, or `esdb+discover://` and a DNS name, for a cluster.
 * Thrown: `BadEventStoreUrl`; the password is in none of its messages.
 */
export function parseEventStoreUrl(text: string): EventStoreUrl {
  const [, scheme, rest] = /^(esdb|esdb\+discover):\/\/(.*)$/s.exec(text.trim()) ?? [];
  if (scheme === undefined || rest === undefined) throw new BadEventStoreUrl('not a connection string of EventStoreDB');
  const [address = '', query = '', ...more] = rest.split('?');
  // The client would take what stands before the @ for user and password.
  if (more.length > 0 || query.includes('@')) throw new BadEventStoreUrl('a ? or @ where none belongs; within user, password and values they are written %3F and %40');
  const at = address.lastIndexOf('@');
  const credentials = address.slice(0, at + 1);
  if (at >= 0) checkCredentials(address.slice(0, at));
  const hosts = address.slice(at + 1).replace(/\/$/, '').split(',').map(checkHost);
  if (scheme === 'esdb+discover' && hosts.length > 1) throw new BadEventStoreUrl('esdb+discover takes one DNS name');
  const settings = readSettings(query);
  if (at >= 0 && settings.get('tls') === 'false') throw new BadEventStoreUrl('user and password are sent with TLS only, and tls=false turns that off');
  if (settings.has('userCertFile') !== settings.has('userKeyFile')) throw new BadEventStoreUrl('userCertFile and userKeyFile go together');
  const connectionString = `${scheme}://${credentials}${hosts.join(',')}${query === '' ? '' : `?${query}`}`;
  return { connectionString, servers: hosts.join(', ') };
}

/** What the client takes without the setting. */
const KEEP_ALIVE_TIMEOUT_MS = 10_000;
const MOST_CLIENTS = 1000;
let clients = 0;

/**
 * The connection string for one more client, with a keep-alive timeout that no other of the process has.
 *
 * Clients with equal options share one connection: one that is built anew for a dead connection would get that
 * again from another client, and what breaks the connection of one would break that of all.
 */
export function withOwnConnection(connectionString: string): string {
  const [address = '', query = ''] = connectionString.split('?');
  const settings = new Map(query === '' ? [] : query.split('&').map((pair) => pair.split('=') as [string, string]));
  const given = [...settings.keys()].find((name) => flat(name) === 'keepalivetimeout') ?? 'keepAliveTimeout';
  clients = (clients + 1) % MOST_CLIENTS;
  settings.set(given, String(Number(settings.get(given) ?? KEEP_ALIVE_TIMEOUT_MS) + clients));
  return `${address}?${[...settings].map(([name, value]) => `${name}=${value}`).join('&')}`;
}

function checkCredentials(credentials: string): void {
  const parts = credentials.split(':');
  if (parts.length !== 2 || parts.includes('')) throw new BadEventStoreUrl('user and password are not user:password; write : as %3A and @ as %40 within them');
  if (/[@/,]/.test(credentials)) throw new BadEventStoreUrl('user or password have one of @ / , which are written %40 %2F %2C');
  for (const part of parts) decoded('user or password', part);
}

function checkHost(host: string): string {
  const [, name, port = '2113'] = /^([\w.-]+)(?::(\d{1,5}))?$/.exec(host) ?? [];
  // What stands behind the : may be half of a password.
  if (name === undefined) throw new BadEventStoreUrl(`host ${JSON.stringify(host.split(':')[0])}, expected a name or an IPv4 address, and a port`);
  if (Number(port) < 1 || Number(port) > 65_535) throw new BadEventStoreUrl(`port ${port} of ${name}`);
  return `${name}:${port}`;
}

function readSettings(query: string): Map<string, string> {
  const settings = new Map<string, string>();
  for (const pair of query === '' ? [] : query.split('&')) {
    const [given = '', value = '', ...more] = pair.split('=');
    const name = NAMES.get(flat(given));
    if (name === undefined) throw new BadEventStoreUrl(`unknown setting ${JSON.stringify(given)}, there are ${Object.keys(SETTINGS).join(', ')}`);
    if (value === '' || more.length > 0) throw new BadEventStoreUrl(`${name} has no value, or more than one`);
    SETTINGS[name]?.(name, value);
    settings.set(name, value);
  }
  return settings;
}

function oneOf(...values: readonly string[]): Check {
  return (name, value) => {
    if (!values.includes(value)) throw new BadEventStoreUrl(`${name}=${value}, expected ${values.join(' or ')}`);
  };
}

function wholeNumber(name: string, value: string): void {
  if (!/^\d{1,9}$/.test(value)) throw new BadEventStoreUrl(`${name}=${value}, expected a whole number`);
}

function readable(name: string, value: string): void {
  const file = decoded(name, value);
  try {
    accessSync(file, constants.R_OK);
  } catch {
    throw new BadEventStoreUrl(`${name}: file ${file} can't be read`);
  }
}

function decoded(name: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new BadEventStoreUrl(`${name}: a % that is not followed by two hexadecimal digits`);
  }
}
