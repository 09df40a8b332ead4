import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { AccessControl } from '../../src/access/access-control.js';
import { Accounts, type Account } from '../../src/access/accounts.js';
import { systemClock, type Clock } from '../../src/clock.js';
import { readConfig } from '../../src/config.js';
import { consoleAdapter, ConsoleModule, serveOpenApi } from '../../src/console/console.module.js';
import type { HealthPart } from '../../src/console/health-report.js';
import { LocalOperations } from '../../src/console/local-operations.js';
import type { CustomerStore } from '../../src/customers/customer-store.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { DeadLetters } from '../../src/ingestion/dead-letters.js';
import { ReceiptBook } from '../../src/ingestion/receipt-book.js';
import type { MessageLog } from '../../src/message-log/message-log.js';
import type { DeclaredRoute } from '../../src/console/route-access.js';
import { LibsqlProjectionSink } from '../../src/projections/libsql-projection-sink.js';
import { PlacesSync } from '../../src/projections/places-sync.js';
import { ProjectionRunner } from '../../src/projections/projection-runner.js';
import { ProjectionsModule } from '../../src/projections/projections.module.js';
import { StoresModule } from '../../src/stores.module.js';
import { CLOCK, CUSTOMER_STORE, EVENT_STORE, HEALTH, MESSAGE_LOG, OPERATIONS } from '../../src/tokens.js';
import { waitFor } from './wait-for.js';

/** The console over real stores in a folder of its own, without ingestion and e-mail: specs append the events themselves. */
export class ConsoleBench {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly dir: string,
    readonly url: string,
    /** What `/api/health` reports; a spec may change it. */
    readonly healthParts: HealthPart[],
    /** Every route of the server, as its router was given it. */
    readonly routes: readonly DeclaredRoute[],
  ) {}

  /** `accounts` are put into the file of the accounts before the start; `settings` are variables. */
  static async start(options: { pageFolder?: string; clock?: Clock; accounts?: readonly Account[]; settings?: Readonly<Record<string, string>> } = {}): Promise<ConsoleBench> {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-console-'));
    const config = readConfig({ VIGIA_DATA_DIR: dir, VIGIA_SIMULATE: '0', VIGIA_LOG_LEVEL: 'silent', ...options.settings });
    if (options.accounts) await new Accounts(config.usersFile).save(options.accounts);
    const control = await AccessControl.open(config, options.clock ?? systemClock);
    const routes: DeclaredRoute[] = [];
    const healthParts: HealthPart[] = [{ name: 'message-log', status: 'up', detail: 'takes readings' }];

    @Module({
      imports: [ProjectionsModule],
      providers: [
        { provide: HEALTH, useValue: { report: async () => ({ parts: healthParts }) } },
        {
          provide: OPERATIONS,
          useFactory: (log: MessageLog, store: EventStore, projections: ProjectionRunner, clock: Clock) =>
            new LocalOperations(log, store, new DeadLetters(log, store, clock), new ReceiptBook(store, log.identity, clock), [projections], clock, false, projections, null),
          inject: [MESSAGE_LOG, EVENT_STORE, ProjectionRunner, CLOCK],
        },
      ],
      exports: [HEALTH, OPERATIONS],
    })
    class SystemParts {}

    const building = Test.createTestingModule({ imports: [StoresModule.with(config, control), ConsoleModule.over(ProjectionsModule, SystemParts)] });
    if (options.clock) building.overrideProvider(CLOCK).useValue(options.clock);
    const testing = await building.compile();
    const adapter = await consoleAdapter(config, control, { pageFolder: options.pageFolder ?? join(dir, 'no-page'), routes });
    const app = testing.createNestApplication<NestFastifyApplication>(adapter, { logger: false });
    serveOpenApi(app);
    await app.get(ProjectionRunner).start();
    await app.get(PlacesSync).start();
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new ConsoleBench(app, dir, `http://127.0.0.1:${port}`, healthParts, routes);
  }

  get store(): EventStore {
    return this.app.get<EventStore>(EVENT_STORE);
  }

  get customers(): CustomerStore {
    return this.app.get<CustomerStore>(CUSTOMER_STORE);
  }

  get log(): MessageLog {
    return this.app.get<MessageLog>(MESSAGE_LOG);
  }

  /** Resolves when the read models have all events and all customers' places. */
  async settle(): Promise<void> {
    await this.app.get(LibsqlProjectionSink).places.sync(this.customers, new AbortController().signal);
    const runner = this.app.get(ProjectionRunner);
    await waitFor('the read models', async () => (await runner.status()).every(({ running, lagEvents }) => running && lagEvents === 0));
  }

  async get<T = unknown>(path: string, headers: Record<string, string> = {}): Promise<{ status: number; headers: Headers; body: T }> {
    return answerOf(await fetch(`${this.url}${path}`, { headers }));
  }

  async post<T = unknown>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<{ status: number; headers: Headers; body: T }> {
    return answerOf(await fetch(`${this.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } }));
  }

  async stop(): Promise<void> {
    await this.app.get(PlacesSync).stop();
    await this.app.get(ProjectionRunner).stop();
    await this.app.close();
    await this.store.close();
    await this.log.close();
    await this.customers.close();
    await this.app.get(LibsqlProjectionSink).close();
    await rm(this.dir, { recursive: true });
  }
}

async function answerOf<T>(answer: Response): Promise<{ status: number; headers: Headers; body: T }> {
  const text = await answer.text();
  const isJson = /[/+]json(;|$)/.test(answer.headers.get('content-type') ?? '');
  return { status: answer.status, headers: answer.headers, body: (isJson ? JSON.parse(text) : text) as T };
}
