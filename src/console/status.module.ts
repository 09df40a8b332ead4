import { Catch, Logger, Module, StandardSchemaValidationPipe, type DynamicModule, type ModuleMetadata, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AccessControl } from '../access/access-control.js';
import type { Config } from '../config.js';
import { requestLimits } from '../server-limits.js';
import { ConsoleBusesModule } from './console-buses.module.js';
import { guard, refuseUnroutable, type Doors } from './console-server.js';
import { HealthController } from './health.controller.js';
import { OperationsController } from './operations.controller.js';
import { ProblemFilter } from './problem-filter.js';
import { refuseIssues } from './request-issues.js';
import { gather, type DeclaredRoute } from './route-access.js';

Catch()(ProblemFilter);

/** Bodies are lists of ids (1000 of them are 39 kB) and of customers (a few hundred bytes each, but texts may be long). */
const MAX_BODY_BYTES = 1024 * 1024;

/** How requests are checked and problems are answered. */
export const ANSWERING: readonly Provider[] = [
  { provide: APP_PIPE, useFactory: () => new StandardSchemaValidationPipe({ exceptionFactory: refuseIssues }) },
  { provide: APP_FILTER, useFactory: () => new ProblemFilter((error) => new Logger('Console').error(error)) },
];

/** `/api/health` and `/metrics` alone, for a process that has nothing of the events. `imports` give the health; see `src/tokens.ts`. */
@Module({})
export class StatusModule {
  static over(...imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return { module: StatusModule, imports, controllers: [HealthController], providers: [...ANSWERING] };
  }
}

/** Health, metrics and what operators ask for, for a process without the console: no customer is shown. */
@Module({})
export class OperationsModule {
  static over(...imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return { module: OperationsModule, imports: [ConsoleBusesModule.over(imports), ...imports], controllers: [HealthController, OperationsController], providers: [...ANSWERING] };
  }
}

/** Where it listens, and how many connections it has at most; what connects beyond them is closed at once. */
export type ApiServer = Doors & Pick<Config, 'maxConnections'>;

/** The guarded HTTP server, without a page. Each of its routes declares whom it answers, and is put into `routes`. */
export function apiAdapter(config: ApiServer, control: AccessControl, routes: DeclaredRoute[] = [], requestTimeoutMs?: number): FastifyAdapter {
  const adapter = new FastifyAdapter({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true, frameworkErrors: refuseUnroutable, ...requestLimits(requestTimeoutMs) });
  const server = adapter.getInstance();
  server.server.maxConnections = config.maxConnections;
  server.decorateRequest('identity', null);
  server.addHook('onRoute', gather(routes));
  server.addHook('onRequest', guard(config, control));
  return adapter;
}
