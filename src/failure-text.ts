import { NoAccounts } from './access/access-control.js';
import { BadAccounts } from './access/accounts.js';
import { BadConfig } from './config.js';
import { BadCrashPoint } from './crash-point.js';
import { CassandraRefused } from './customers/cassandra/cassandra-errors.js';
import { CustomersUnavailable } from './customers/customer-store.js';
import { StoreUnavailable } from './event-store/event-store.js';
import { BadEventStoreUrl } from './event-store/eventstoredb-url.js';
import { UndrainedLog } from './ingestion/refuse-undrained.js';
import { LogUnavailable } from './message-log/message-log.js';
import { KafkaRefused } from './message-log/kafka/kafka-errors.js';
import { WrongTopics } from './message-log/kafka/kafka-topics.js';
import { BadSmtpUrl } from './notifications/smtp-url.js';
import { InfluxRefused } from './projections/influx/influx-client.js';
import { OtherEventStore } from './projections/open-read-models.js';
import { DataDirInUse, RestoreBrokenOff } from './storage/data-dir-lock.js';
import { DatabaseUnusable } from './storage/libsql-connection.js';

type ErrorKind = abstract new (...args: never[]) => Error;

/** Errors that someone can put right, who needs no stack for it. */
const PLAIN: readonly ErrorKind[] = [
  BadConfig, NoAccounts, BadAccounts, BadCrashPoint, DataDirInUse, DatabaseUnusable, WrongTopics, KafkaRefused, CassandraRefused, CustomersUnavailable, BadSmtpUrl, BadEventStoreUrl, InfluxRefused, OtherEventStore, RestoreBrokenOff, UndrainedLog,
];
/** The same, of which the cause says more. */
const PLAIN_WITH_CAUSE: readonly ErrorKind[] = [LogUnavailable, StoreUnavailable];

/** What a process that ends for an error says of it: its stack, too, unless it is plain, as those of `alsoPlain` are. */
export function failureText(error: unknown, alsoPlain: readonly ErrorKind[] = []): string {
  if (!(error instanceof Error)) return String(error);
  const isOf = (kinds: readonly ErrorKind[]): boolean => kinds.some((kind) => error instanceof kind);
  if (isOf(PLAIN_WITH_CAUSE)) return error.cause instanceof Error ? `${error.message}\n  ${error.cause.message}` : error.message;
  const isPortTaken = 'code' in error && error.code === 'EADDRINUSE';
  return isPortTaken || isOf(PLAIN) || isOf(alsoPlain) ? error.message : (error.stack ?? error.message);
}
