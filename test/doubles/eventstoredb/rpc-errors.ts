import { Metadata, status, type ServiceError } from '@grpc/grpc-js';

/** Errors as the server sends them: the client looks at the trailer `exception` first, then at the code. */

export function notReady(): ServiceError {
  return rpcError(status.UNAVAILABLE, 'Server Is Not Ready');
}

export function streamDeleted(stream: string): ServiceError {
  return rpcError(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, { exception: 'stream-deleted', 'stream-name': stream });
}

export function wrongExpectedVersion(operation: string, stream: string, expected: string, current: number): ServiceError {
  const details = `${operation} failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${current}`;
  return rpcError(status.FAILED_PRECONDITION, details, {
    exception: 'wrong-expected-version',
    'stream-name': stream,
    'expected-version': expected,
    'actual-version': String(current),
  });
}

export function maxAppendSizeExceeded(limit: number): ServiceError {
  return rpcError(status.INVALID_ARGUMENT, `Maximum Append Size of ${limit} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(limit),
  });
}

export function accessDenied(): ServiceError {
  return rpcError(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });
}

export function invalidArgument(details: string): ServiceError {
  return rpcError(status.INVALID_ARGUMENT, details);
}

export function groupDoesNotExist(stream: string, group: string): ServiceError {
  return groupError(status.NOT_FOUND, 'persistent-subscription-does-not-exist', `Subscription group ${group} on stream ${stream} does not exist.`, stream, group);
}

export function groupExists(stream: string, group: string): ServiceError {
  return groupError(status.ALREADY_EXISTS, 'persistent-subscription-exists', `Subscription group ${group} on stream ${stream} exists.`, stream, group);
}

export function groupDropped(stream: string, group: string): ServiceError {
  return groupError(status.CANCELLED, 'persistent-subscription-dropped', `Subscription group ${group} on stream ${stream} was dropped.`, stream, group);
}

function groupError(code: status, exception: string, details: string, stream: string, group: string): ServiceError {
  return rpcError(code, details, { exception, 'stream-name': stream, 'group-name': group });
}

export function rpcError(code: status, details: string, trailers: Record<string, string> = {}): ServiceError {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) {
    // A header takes ASCII only.
    metadata.set(key, value.replace(/[^\x20-\x7e]/g, '?'));
  }
  return Object.assign(new Error(details), { code, details, metadata });
}
