import { join } from 'node:path';
import { z } from 'zod';
import type { StrikePolicy } from './alarm-domain/strike-policy.js';
import { variables, type ReadVariables } from './config-variables.js';
import { READING_ROLES, ROLES, type Role } from './roles.js';

/** How Kafka is reached, and how many of its brokers hold each record. */
export interface KafkaConfig {
  readonly brokers: readonly string[];
  readonly tls: boolean;
  readonly sasl: { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; readonly username: string; readonly password: string } | null;
  readonly replicationFactor: number;
}

/** How Cassandra is reached, and how many of its nodes hold each customer. */
export interface CassandraConfig {
  /** `host:port`, all with the same port. */
  readonly contactPoints: readonly string[];
  readonly port: number;
  readonly dataCenter: string;
  readonly replicationFactor: number;
  readonly credentials: { readonly username: string; readonly password: string } | null;
  readonly tls: boolean;
}

/** Where InfluxDB 2 is, and where in it map and counts are kept. */
export interface InfluxConfig {
  readonly url: string;
  readonly org: string;
  readonly bucket: string;
  readonly token: string;
  /** Null to leave the bucket's own as it is; a new one then keeps points for ever. */
  readonly retentionMs: number | null;
}

/** Everything that can be set from outside, read once at the start. */
export interface Config {
  readonly roles: ReadonlySet<Role>;
  /** Null for the embedded message log. */
  readonly kafka: KafkaConfig | null;
  /** A connection string, with its credentials; null for the embedded event store. */
  readonly eventStoreUrl: string | null;
  /** Null for the customers in the data folder. */
  readonly cassandra: CassandraConfig | null;
  /** Null for the embedded read models alone. */
  readonly influx: InfluxConfig | null;
  readonly dataDir: string;
  readonly bindAddress: string;
  readonly ingestPort: number;
  readonly consolePort: number;
  /** On each of the two ports at a time. */
  readonly maxConnections: number;
  /** `https://alarms.example`: where people reach the console, when that is not its port itself; null when it is. */
  readonly consoleUrl: string | null;
  /** Who may log in. */
  readonly usersFile: string;
  /** How long a log-in lasts. */
  readonly sessionMs: number;
  /** Whether a start sends simulated readings. */
  readonly simulate: boolean;
  /** How many customers a first start generates; 0 for none. */
  readonly generateCustomers: number;
  readonly monitoringMailbox: string;
  readonly mailFrom: string;
  readonly mailLanguage: 'es' | 'en';
  readonly smtpUrl: string | null;
  /** How long the mail server may take for one mail; twice as long an attempt belongs to who has begun it. */
  readonly mailSendLimitMs: number;
  readonly policy: StrikePolicy;
  /** No sensor is shelved for longer. */
  readonly longestShelvingMs: number;
  /** A sensor is silent when it has not been heard of for so many of its own intervals. */
  readonly silentAfterIntervals: number;
  /** How long processed records stay in the embedded message log. */
  readonly logRetentionMs: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** Of the accounts, in the data folder, unless it is told to be elsewhere. */
export const USERS_FILE = 'users.json';

/** The environment has variables that are unknown or have bad values. */
export class BadConfig extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`bad configuration:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'BadConfig';
  }
}

/** Read by the scripts that start servers for tests, not by Vigía itself. */
const NOT_OURS = new Set(['VIGIA_SERVERS_CACHE']);

/**
 * The frozen configuration from environment variables; an empty value counts as not set.
 * Thrown: `BadConfig` naming every bad or unknown variable.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));
  const problems = Object.keys(given)
    .filter((name) => name.startsWith('VIGIA_') && !(name in variables) && !NOT_OURS.has(name))
    .map((name) => `${name} is not a known variable`);
  const parsed = z.object(variables).safeParse(given);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    // A URL without what may be its credentials.
    const value = name.endsWith('_URL') ? given[name]?.replace(/^.*@/s, '***@') : given[name];
    problems.push(`${name}=${JSON.stringify(value)}: ${issue.message}`);
  }
  if (!parsed.success || problems.length > 0) throw new BadConfig(problems);

  const read = parsed.data;
  problems.push(...contradictions(read));
  if (problems.length > 0) throw new BadConfig(problems);
  // Invented readings and people have no place beside a real system, unless they are asked for by name.
  const outside = [read.SMTP_URL, read.KAFKA_BROKERS, read.EVENTSTORE_URL, read.INFLUX_URL, read.CASSANDRA_CONTACT_POINTS];
  const isSelfContained = outside.every((value) => value === undefined);
  const simulate = isSelfContained && (read.VIGIA_SIMULATE ?? true);
  return Object.freeze({
    roles: new Set(read.VIGIA_ROLES),
    kafka: kafkaOf(read),
    eventStoreUrl: read.EVENTSTORE_URL ?? null,
    cassandra: cassandraOf(read),
    influx: influxOf(read),
    dataDir: read.VIGIA_DATA_DIR,
    bindAddress: read.VIGIA_BIND,
    ingestPort: read.VIGIA_INGEST_PORT,
    consolePort: read.VIGIA_CONSOLE_PORT,
    maxConnections: read.VIGIA_MAX_CONNECTIONS,
    consoleUrl: read.VIGIA_CONSOLE_URL === undefined ? null : new URL(read.VIGIA_CONSOLE_URL).origin,
    usersFile: read.VIGIA_USERS_FILE ?? join(read.VIGIA_DATA_DIR, USERS_FILE),
    sessionMs: read.VIGIA_SESSION_HOURS * 3_600_000,
    simulate,
    generateCustomers: read.VIGIA_CUSTOMERS ?? (simulate ? 50_000 : 0),
    monitoringMailbox: read.VIGIA_MONITORING_MAILBOX,
    mailFrom: read.VIGIA_MAIL_FROM,
    mailLanguage: read.VIGIA_MAIL_LANGUAGE,
    smtpUrl: read.SMTP_URL ?? null,
    mailSendLimitMs: read.VIGIA_MAIL_SEND_SECONDS * 1000,
    policy: Object.freeze({
      n: read.VIGIA_STRIKES,
      windowMs: read.VIGIA_STRIKE_WINDOW_SECONDS === undefined ? null : read.VIGIA_STRIKE_WINDOW_SECONDS * 1000,
      clearOnNormal: read.VIGIA_CLEAR_ON_NORMAL,
    }),
    longestShelvingMs: read.VIGIA_LONGEST_SHELVING_HOURS * 3_600_000,
    silentAfterIntervals: read.VIGIA_SILENT_AFTER_INTERVALS,
    logRetentionMs: read.VIGIA_LOG_RETENTION_HOURS * 3_600_000,
    logLevel: read.VIGIA_LOG_LEVEL,
  });
}

function contradictions(read: ReadVariables): string[] {
  const problems: string[] = [];
  const sasl = ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const;
  const missing = sasl.filter((name) => read[name] === undefined);
  if (missing.length > 0 && missing.length < sasl.length) problems.push(`${missing.join(', ')}: not set, but the other KAFKA_SASL_* variables are`);
  if ((read.CASSANDRA_USERNAME === undefined) !== (read.CASSANDRA_PASSWORD === undefined)) problems.push('CASSANDRA_USERNAME, CASSANDRA_PASSWORD: one is set, the other is not');
  const ports = new Set((read.CASSANDRA_CONTACT_POINTS ?? []).map(portOf));
  if (ports.size > 1) problems.push(`CASSANDRA_CONTACT_POINTS: all nodes of a ring listen on one port; got ${[...ports].join(', ')}`);
  for (const name of ['INFLUX_ORG', 'INFLUX_TOKEN'] as const) {
    if (read.INFLUX_URL !== undefined && read[name] === undefined) problems.push(`${name}: not set, but INFLUX_URL is`);
  }
  const roles = new Set(read.VIGIA_ROLES);
  if (roles.size < ROLES.length && read.KAFKA_BROKERS === undefined) problems.push('VIGIA_ROLES: the roles can be split over processes only with KAFKA_BROKERS, the embedded log is of one process');
  const some = READING_ROLES.filter((role) => roles.has(role));
  // What they share is then in servers, and not in the data folder of one of them.
  const shared = (['CASSANDRA_CONTACT_POINTS', 'INFLUX_URL', 'EVENTSTORE_URL'] as const).filter((name) => read[name] === undefined);
  if (some.length > 0 && some.length < READING_ROLES.length && shared.length > 0) {
    problems.push(
      `VIGIA_ROLES: ${READING_ROLES.join(', ')} can be apart only where customers, map and counts, and events are in servers, not in the data folder, which is of one process; not set: ${shared.join(', ')}; got ${[...roles].join(', ')}`,
    );
  }
  const sharesEvents = roles.has('process') !== some.length > 0;
  if (sharesEvents && read.EVENTSTORE_URL === undefined) problems.push(`VIGIA_ROLES: process runs apart from ${READING_ROLES.join(', ')} only with EVENTSTORE_URL, the embedded event store is of one process; got ${[...roles].join(', ')}`);
  return problems;
}

function kafkaOf(read: ReadVariables): KafkaConfig | null {
  const { KAFKA_BROKERS: brokers, KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = read;
  if (brokers === undefined) return null;
  const sasl = mechanism && username !== undefined && password !== undefined ? { mechanism, username, password } : null;
  return { brokers, tls: read.KAFKA_TLS, sasl, replicationFactor: read.KAFKA_REPLICATION_FACTOR };
}

function cassandraOf(read: ReadVariables): CassandraConfig | null {
  const { CASSANDRA_CONTACT_POINTS: contactPoints, CASSANDRA_USERNAME: username, CASSANDRA_PASSWORD: password } = read;
  if (contactPoints === undefined) return null;
  return {
    contactPoints,
    port: portOf(contactPoints[0] as string),
    dataCenter: read.CASSANDRA_DATA_CENTER,
    replicationFactor: read.CASSANDRA_REPLICATION_FACTOR,
    credentials: username !== undefined && password !== undefined ? { username, password } : null,
    tls: read.CASSANDRA_TLS,
  };
}

function portOf(hostAndPort: string): number {
  return Number(/\d+$/.exec(hostAndPort)?.[0]);
}

function influxOf(read: ReadVariables): InfluxConfig | null {
  const { INFLUX_URL: url, INFLUX_ORG: org, INFLUX_BUCKET: bucket, INFLUX_TOKEN: token, INFLUX_RETENTION_DAYS: days } = read;
  if (url === undefined || org === undefined || token === undefined) return null;
  return { url, org, bucket, token, retentionMs: days === undefined ? null : days * 86_400_000 };
}
