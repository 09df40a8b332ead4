import { errors, types } from 'cassandra-driver';
import { isCertificateError } from '../../connecting/certificate-errors.js';
import { CustomersUnavailable, CustomerUnreachable } from '../customer-store.js';

const { responseErrorCodes } = types;

const UNAUTHORIZED: number = responseErrorCodes.unauthorized;

/** Answers of a ring that goes on, about one row whose replicas do not. */
const OF_ONE_ROW: ReadonlySet<number> = new Set([
  responseErrorCodes.unavailableException, responseErrorCodes.readTimeout, responseErrorCodes.readFailure,
]);

/** Cassandra is there, but not for us: to wait would not help. */
export class CassandraRefused extends Error {
  constructor(contactPoints: readonly string[], reason: string, options?: ErrorOptions) {
    super(`Cassandra at ${contactPoints.join(', ')} is there, but not for us: ${reason}`, options);
    this.name = 'CassandraRefused';
  }
}

/** Why a connection is refused for good, with what to look at; null for what may pass. */
export function refusalOf(error: unknown): string | null {
  if (error instanceof errors.NoHostAvailableError) {
    return triedHosts(error).map(([, reason]) => refusalOf(reason)).find((reason) => reason !== null) ?? null;
  }
  if (isCertificateError(error)) return `${messageOf(error)}\nsee CASSANDRA_TLS and, for an authority of your own, NODE_EXTRA_CA_CERTS`;
  // A ring whose roles can't be read just now says so as a failed log-in, too.
  if (error instanceof errors.AuthenticationError && !/unable to perform authentication/i.test(error.message)) {
    return `${error.message}\nsee CASSANDRA_USERNAME and CASSANDRA_PASSWORD`;
  }
  if (error instanceof errors.ResponseError && error.code === UNAUTHORIZED) {
    return `${error.message}\nthe user of CASSANDRA_USERNAME must be allowed to create keyspace and tables, or they must be made beforehand`;
  }
  if (error instanceof errors.ArgumentError && error.message.includes('data centers')) return `${error.message}\nsee CASSANDRA_DATA_CENTER`;
  return null;
}

/** What the port promises for a failure of the driver or the ring. */
export function toUnavailable(what: string, error: unknown): CustomersUnavailable {
  if (error instanceof CustomersUnavailable) return error;
  const Kind = isOfOneRow(error) ? CustomerUnreachable : CustomersUnavailable;
  return new Kind(`cannot ${what} in Cassandra: ${messageOf(error)}`, { cause: error });
}

/** The driver asks the next node, too: when there is none, what the first one answered is among the reasons. */
function isOfOneRow(error: unknown): boolean {
  if (error instanceof errors.NoHostAvailableError) return triedHosts(error).some(([, reason]) => isOfOneRow(reason));
  return error instanceof errors.ResponseError && OF_ONE_ROW.has(error.code);
}

/** The driver names one host of those it tried; here each with its reason. */
export function messageOf(error: unknown): string {
  if (error instanceof errors.NoHostAvailableError) {
    const tried = triedHosts(error).map(([host, reason]) => `${host}: ${messageOf(reason)}`);
    return tried.length > 0 ? `no node answers (${tried.join('; ')})` : error.message;
  }
  return error instanceof Error ? error.message : String(error);
}

function triedHosts({ innerErrors }: errors.NoHostAvailableError): [string, unknown][] {
  return Object.entries((innerErrors ?? {}) as Readonly<Record<string, unknown>>);
}
