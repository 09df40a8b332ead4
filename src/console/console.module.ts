import { fileURLToPath } from 'node:url';
import { Inject, Logger, Module, type DynamicModule, type ModuleMetadata, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { AccessControl } from '../access/access-control.js';
import type { Clock } from '../clock.js';
import type { EventStore } from '../event-store/event-store.js';
import { AlarmReads } from '../projections/alarm-reads.js';
import type { InfluxModels } from '../projections/influx/influx-models.js';
import { ProjectionRunner } from '../projections/projection-runner.js';
import { ACCESS, CLOCK, EVENT_STORE, INFLUX, METRICS } from '../tokens.js';
import { AlarmsController } from './alarms.controller.js';
import { ConsoleBusesModule } from './console-buses.module.js';
import { registerConsoleMetrics } from './console-metrics.js';
import { CustomerOperationsController } from './customer-operations.controller.js';
import { CustomersController } from './customers.controller.js';
import { ExportsController } from './exports.controller.js';
import { HealthController } from './health.controller.js';
import { LiveController } from './live.controller.js';
import { isProjectedBy } from './live/is-projected.js';
import { LiveFeed } from './live/live-feed.js';
import { MailboxController } from './mailbox.controller.js';
import { describeProblems } from './openapi.js';
import { OperationsController } from './operations.controller.js';
import { OverviewController } from './overview.controller.js';
import type { DeclaredRoute } from './route-access.js';
import { SensorsController } from './sensors.controller.js';
import { SessionController } from './session.controller.js';
import { ShelvingController } from './shelving.controller.js';
import { loadPages, servePages } from './static-pages.js';
import { ANSWERING, apiAdapter, type ApiServer } from './status.module.js';

/** The API and the page. `imports` give the read models, the health and the operations; see `src/tokens.ts`. */
@Module({})
export class ConsoleModule implements OnModuleInit, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private sweeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly feed: LiveFeed,
    @Inject(METRICS) private readonly registry: Registry,
    @Inject(ACCESS) private readonly control: AccessControl,
  ) {}

  static over(...imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: ConsoleModule,
      imports: [ConsoleBusesModule.over(imports), ...imports],
      controllers: [
        AlarmsController, SensorsController, ShelvingController, CustomersController, OverviewController, ExportsController, MailboxController,
        HealthController, LiveController, OperationsController, CustomerOperationsController, SessionController,
      ],
      providers: [
        {
          provide: LiveFeed,
          useFactory: (store: EventStore, alarms: AlarmReads, projections: ProjectionRunner, influx: InfluxModels | null, clock: Clock) =>
            new LiveFeed(store, alarms, isProjectedBy(influx === null ? [projections] : [projections, influx]), clock, (error) => new Logger(LiveFeed.name).error(error)),
          inject: [EVENT_STORE, AlarmReads, ProjectionRunner, INFLUX, CLOCK],
        },
        ...ANSWERING,
      ],
    };
  }

  async onModuleInit(): Promise<void> {
    registerConsoleMetrics(this.registry, this.feed);
    await this.feed.start();
    this.sweeping = this.control.keepSweeping(this.stopping.signal, (error) => new Logger(ConsoleModule.name).error(error));
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.sweeping;
    await this.feed.stop();
  }
}

/** Where `npm run build` puts the page. */
const BUILT_PAGE = fileURLToPath(new URL('../web', import.meta.url));

/** The HTTP server of the console: guarded, with the page at `/`. */
export async function consoleAdapter(config: ApiServer, control: AccessControl, { pageFolder = BUILT_PAGE, routes = [] }: { readonly pageFolder?: string; readonly routes?: DeclaredRoute[] } = {}): Promise<FastifyAdapter> {
  const adapter = apiAdapter(config, control, routes);
  servePages(adapter.getInstance(), await loadPages(pageFolder));
  return adapter;
}

/** Adds `/api/openapi.json`, made from the code at its first call. To be called before `listen`. */
export function serveOpenApi(app: NestFastifyApplication): void {
  const about = new DocumentBuilder()
    .setTitle('Vigía')
    .setDescription('Alarms, sensors and customers of the alarm centre. Times are ISO 8601; lists go on with `cursor`.')
    .setVersion('1')
    .build();
  let document: string | null = null;
  const server: FastifyInstance = app.getHttpAdapter().getInstance();
  server.get('/api/openapi.json', { config: { access: 'anyone' } }, (_request, reply) => {
    document ??= JSON.stringify(describeProblems(SwaggerModule.createDocument(app, about)));
    return reply.type('application/json; charset=utf-8').send(document);
  });
}
