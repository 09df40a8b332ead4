import type { RouteOptions } from 'fastify';
import { ACCESSES, type Access, type Identity } from '../access/user-role.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whom the route answers. */
    access?: Access;
  }
  interface FastifyRequest {
    /** Who asks; null where the route answers anyone. */
    identity: Identity | null;
  }
}

/** A route does not say whom it answers. */
export class UndeclaredAccess extends Error {
  constructor(route: string) {
    super(`${route} does not declare whom it answers; give it @Allow('…'), with one of ${ACCESSES.join(', ')}`);
    this.name = 'UndeclaredAccess';
  }
}

export function accessOf(config: { readonly access?: Access | undefined } | undefined, route = 'a route'): Access {
  const access = config?.access;
  if (access === undefined || !ACCESSES.includes(access)) throw new UndeclaredAccess(route);
  return access;
}

/** A route as the router has it: `/api/alarms/:id`. */
export interface DeclaredRoute {
  readonly method: string;
  readonly url: string;
  readonly access: Access;
}

/** A hook for each route that is added, which gathers them. Thrown: `UndeclaredAccess`, by which the start fails. */
export function gather(routes: DeclaredRoute[]) {
  return ({ method, url, config }: RouteOptions): void => {
    for (const each of [method].flat()) routes.push({ method: each, url, access: accessOf(config, `${each} ${url}`) });
  };
}
