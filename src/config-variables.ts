import { z } from 'zod';
import { MOST_STRIKES } from './alarm-domain/strike-policy.js';
import { ROLES } from './roles.js';

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z.enum(['0', '1', 'true', 'false']).transform((value) => value === '1' || value === 'true');
const mailAddress = z.email();
const brokerList = z
  .string()
  .transform((text) => text.split(',').map((broker) => broker.trim()))
  .pipe(z.array(z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^\s:,]+):\d{1,5}$/, 'expected host:port, several with commas between')).min(1));
const CASSANDRA_PORT = 9042;
const contactPointList = z
  .string()
  .transform((text) => text.split(',').map((contactPoint) => contactPoint.trim()))
  .pipe(z.array(z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^\s:,]+)(:\d{1,5})?$/, 'expected host or host:port, several with commas between')).min(1))
  .transform((contactPoints) => contactPoints.map((contactPoint) => (/:\d+$/.test(contactPoint) ? contactPoint : `${contactPoint}:${CASSANDRA_PORT}`)));
const roleList = z
  .string()
  .transform((text) => text.split(',').map((role) => role.trim()))
  .pipe(z.array(z.enum(ROLES)).min(1));

/** One line per variable: what it takes; the README's table has the same names (held by a test). */
export const variables = {
  VIGIA_DATA_DIR: z.string().min(1).default('./data'),
  VIGIA_BIND: z.union([z.ipv4(), z.ipv6(), z.literal('localhost')]).default('127.0.0.1'),
  VIGIA_INGEST_PORT: port.default(19_092),
  VIGIA_CONSOLE_PORT: port.default(3000),
  VIGIA_MAX_CONNECTIONS: z.coerce.number().int().min(1).max(1_000_000).default(12_000),
  VIGIA_CONSOLE_URL: z.url({ protocol: /^https?$/ }).regex(/^https?:\/\/[^/?#@]+\/?$/i, 'expected a scheme, a name and perhaps a port, such as https://alarms.example').optional(),
  VIGIA_USERS_FILE: z.string().min(1).optional(),
  VIGIA_SESSION_HOURS: z.coerce.number().positive().max(720).default(12),
  VIGIA_SIMULATE: flag.optional(),
  VIGIA_CUSTOMERS: z.coerce.number().int().min(0).max(10_000_000).optional(),
  VIGIA_MONITORING_MAILBOX: mailAddress.default('monitoring@vigia.local'),
  VIGIA_MAIL_FROM: mailAddress.default('alarms@vigia.local'),
  VIGIA_MAIL_LANGUAGE: z.enum(['es', 'en']).default('es'),
  VIGIA_MAIL_SEND_SECONDS: z.coerce.number().min(5).max(600).default(30),
  VIGIA_STRIKES: z.coerce.number().int().min(1).max(MOST_STRIKES).default(3),
  VIGIA_STRIKE_WINDOW_SECONDS: z.coerce.number().positive().optional(),
  VIGIA_CLEAR_ON_NORMAL: flag.default(false),
  VIGIA_LONGEST_SHELVING_HOURS: z.coerce.number().positive().max(8760).default(24),
  VIGIA_SILENT_AFTER_INTERVALS: z.coerce.number().int().min(2).max(1000).default(5),
  VIGIA_LOG_RETENTION_HOURS: z.coerce.number().positive().default(168),
  VIGIA_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  VIGIA_ROLES: roleList.default([...ROLES]),
  KAFKA_BROKERS: brokerList.optional(),
  KAFKA_REPLICATION_FACTOR: z.coerce.number().int().min(1).max(32).default(2),
  KAFKA_TLS: flag.default(false),
  KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD: z.string().optional(),
  EVENTSTORE_URL: z.string().regex(/^esdb(\+discover)?:\/\//, 'expected esdb://…').optional(),
  CASSANDRA_CONTACT_POINTS: contactPointList.optional(),
  CASSANDRA_DATA_CENTER: z.string().min(1).default('datacenter1'),
  CASSANDRA_REPLICATION_FACTOR: z.coerce.number().int().min(1).max(32).default(2),
  CASSANDRA_USERNAME: z.string().optional(),
  CASSANDRA_PASSWORD: z.string().optional(),
  CASSANDRA_TLS: flag.default(false),
  INFLUX_URL: z.url({ protocol: /^https?$/ }).regex(/^[^@]*$/, 'takes no credentials: they are in INFLUX_TOKEN').optional(),
  INFLUX_ORG: z.string().optional(),
  INFLUX_BUCKET: z.string().default('vigia'),
  INFLUX_TOKEN: z.string().optional(),
  INFLUX_RETENTION_DAYS: z.coerce.number().int().min(2).max(36_500).optional(),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
};

export const VARIABLE_NAMES: readonly string[] = Object.keys(variables);

/** What was read of them, before anything is made of it. */
export type ReadVariables = z.output<z.ZodObject<typeof variables>>;
