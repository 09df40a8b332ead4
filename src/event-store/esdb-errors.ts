import { ErrorType, WrongExpectedVersionError } from '@eventstore/db-client';
import { UnknownEventStoreClient } from './esdb-client-inside.js';
import { InvalidAppend, OutcomeUnknown, StoreUnavailable, WrongExpectedRevision, type ExpectedRevision } from './event-store.js';

/** Waiting for the server took longer than it may. */
export class DeadlinePassed extends Error {
  constructor(what: string, limitMs: number) {
    super(`${what}: no answer within ${limitMs} ms`);
    this.name = 'DeadlinePassed';
  }
}

/** What the server answers to an append without having stored it; after anything else it may have. */
const REFUSALS: ReadonlySet<unknown> = new Set([
  ErrorType.WRONG_EXPECTED_VERSION,
  ErrorType.STREAM_DELETED,
  ErrorType.MAXIMUM_APPEND_SIZE_EXCEEDED,
  ErrorType.ACCESS_DENIED,
  ErrorType.INVALID_ARGUMENT,
  ErrorType.MISSING_REQUIRED_METADATA_PROPERTY,
]);

export function typeOf(error: unknown): unknown {
  return error instanceof Error && 'type' in error ? error.type : undefined;
}

/** True when the server has answered, by whatever error: then the connection is in order. Errors of the connection carry gRPC's code. */
export function isAnswer(error: unknown): boolean {
  return REFUSALS.has(typeOf(error)) || (error instanceof Error && typeOf(error) !== undefined && !('code' in error && error.code !== undefined));
}

/** True for an error of the port that comes from credentials which the server does not take, or which may not do that. */
export function isDenied(error: unknown): boolean {
  return error instanceof StoreUnavailable && typeOf(error.cause) === ErrorType.ACCESS_DENIED;
}

/** An error of an append that was sent, as the port's. */
export function translateAppend(stream: string, expected: ExpectedRevision, error: unknown): Error {
  const what = `append to stream ${stream}`;
  if (error instanceof WrongExpectedVersionError) {
    const { actualVersion } = error;
    return new WrongExpectedRevision(stream, expected, typeof actualVersion === 'bigint' ? actualVersion : null);
  }
  switch (typeOf(error)) {
    case ErrorType.STREAM_DELETED:
      return new InvalidAppend(stream, 'the stream was deleted for good, by a tombstone', { cause: error });
    case ErrorType.MAXIMUM_APPEND_SIZE_EXCEEDED:
    case ErrorType.INVALID_ARGUMENT:
    case ErrorType.MISSING_REQUIRED_METADATA_PROPERTY:
      return new InvalidAppend(stream, `EventStoreDB refused it: ${messageOf(error)}`, { cause: error });
    case ErrorType.ACCESS_DENIED:
      return new StoreUnavailable(`${what} was denied; the credentials are those of the connection string`, { cause: error });
    default:
      return new OutcomeUnknown(`${what} failed: ${messageOf(error)}`, { cause: error });
  }
}

/** True for an error that comes again however often a read is repeated: of its arguments, or of the client's version. */
export function isFinal(error: unknown): boolean {
  return error instanceof RangeError || error instanceof UnknownEventStoreClient;
}

/** An error of anything that stores nothing, as the port's; the port's own stay as they are, and those that a retry does not mend. */
export function translateRead(what: string, error: unknown): unknown {
  if (error instanceof StoreUnavailable || isFinal(error) || !(error instanceof Error)) return error;
  return new StoreUnavailable(`${what} failed: ${messageOf(error)}`, { cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
