import { status, type Metadata, type sendUnaryData } from '@grpc/grpc-js';
import { accessDenied, rpcError } from './rpc-errors.js';

/** Passwords by user; null for a server that asks for none. */
export type Users = Readonly<Record<string, string>> | null;

interface Call {
  readonly metadata: Metadata;
  emit(event: 'error', error: Error): unknown;
}

type Handler = (call: never, reply: never) => void;

/** The handlers of a service behind the check of the caller's user and password, which go with every call. */
export function guarded<Handlers extends Readonly<Record<string, Handler>>>(users: () => Users, handlers: Handlers): Handlers {
  const behindCheck = Object.entries(handlers).map(([name, handle]) => [
    name,
    (call: Call, reply?: sendUnaryData<unknown>): void => {
      const refusal = refusalOf(users(), call.metadata);
      if (refusal === null) (handle as (...args: unknown[]) => void)(call, reply);
      else if (reply) reply(refusal);
      else call.emit('error', refusal);
    },
  ]);
  return Object.fromEntries(behindCheck) as Handlers;
}

/** As the server: unauthenticated by credentials that are wrong, denied without any. */
function refusalOf(users: Users, metadata: Metadata) {
  if (users === null) return null;
  const [authorization] = metadata.get('authorization');
  if (authorization === undefined) return accessDenied();
  const [, encoded] = /^Basic (\S+)$/.exec(String(authorization)) ?? [];
  const credentials = Buffer.from(encoded ?? '', 'base64').toString('utf8');
  const isKnown = Object.entries(users).some(([user, password]) => credentials === `${user}:${password}`);
  return isKnown ? null : rpcError(status.UNAUTHENTICATED, 'Bad HTTP status code: 401');
}
