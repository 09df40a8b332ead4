import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { AccessControl } from './access/access-control.js';
import { UNSHELVING, type UnshelvingRole } from './alarm-life/alarm-life.module.js';
import { Supervision } from './alarm-life/supervision.js';
import { AppModule } from './app.module.js';
import { ApplicationProgress } from './application-progress.js';
import { systemClock, type Clock } from './clock.js';
import type { Config } from './config.js';
import { untilAvailable as untilServerAvailable } from './connecting/until-available.js';
import { consoleAdapter, serveOpenApi } from './console/console.module.js';
import { apiAdapter } from './console/status.module.js';
import { closeSupervision, consumption } from './consumption.js';
import { CustomersUnavailable, type CustomerStore } from './customers/customer-store.js';
import { setUpCustomers, type SetUpMarks } from './customers/set-up-customers.js';
import type { EventStore } from './event-store/event-store.js';
import { LimitedAsking } from './event-store/limited-asking.js';
import { untilAvailable } from './event-store/open-event-store.js';
import { identify } from './event-store/store-identity.js';
import { createIngestEndpoint } from './ingestion/ingest-endpoint.js';
import { IngestMetrics } from './ingestion/ingest-metrics.js';
import { LastSeen } from './ingestion/last-seen.js';
import { LogRetention } from './ingestion/log-retention.js';
import { MessageLogTransport } from './ingestion/message-log.transport.js';
import { ReceiptBook } from './ingestion/receipt-book.js';
import type { Progress } from './ingestion/reconcile.js';
import { refuseUndrained } from './ingestion/refuse-undrained.js';
import { SensorStates } from './ingestion/sensor-states.js';
import { countRecords, remainderOf, undrainedPartitions, type LogRemainder } from './ingestion/undrained.js';
import { LibsqlMessageLog } from './message-log/libsql-message-log.js';
import type { MessageLog } from './message-log/message-log.js';
import { urlOf } from './listen-url.js';
import { NestLogger } from './nest-logger.js';
import type { Mailer } from './notifications/mailer.js';
import { MAILER, NOTIFYING, type Notifying } from './notifications/notifications.module.js';
import type { InfluxModels } from './projections/influx/influx-models.js';
import { LibsqlProjectionSink } from './projections/libsql-projection-sink.js';
import { refuseUnmoved } from './projections/open-read-models.js';
import { PlacesSync } from './projections/places-sync.js';
import { ProjectionRunner } from './projections/projection-runner.js';
import { COUNTING, type Counting } from './projections/projections.module.js';
import { readsEvents } from './roles.js';
import type { DataDirLock } from './storage/data-dir-lock.js';
import { ACCESS, CLOCK, CUSTOMER_STORE, EVENT_STORE, INFLUX, LOGGER, MESSAGE_LOG } from './tokens.js';

/** Who the generated customers are; the same at every first start. */
const CUSTOMER_SEED = 1;

const DRAIN_POLL_MS = 100;

/** After so long an end asks the event store, which has so long to answer. */
const STORE_PATIENCE_MS = 1000;
const STORE_ANSWER_MS = 500;

/** The application over one data folder, with the roles that it was given: what is started, in which order, and how it ends. */
export class Application {
  private endpoint: FastifyInstance | null = null;
  private readonly stopping = new AbortController();
  private readonly background: Promise<void>[] = [];

  private constructor(
    private readonly nest: NestFastifyApplication,
    private readonly config: Config,
    private readonly lock: DataDirLock,
    private readonly progress: ApplicationProgress,
    readonly logger: Logger,
  ) {}

  /** Opens the stores; nothing runs yet. Thrown: `NoAccounts`, `BadAccounts` before that; an error naming a store that can't be opened, after which the lock is released. */
  static async create(config: Config, lock: DataDirLock): Promise<Application> {
    try {
      const progress = new ApplicationProgress();
      const control = await AccessControl.open(config, systemClock);
      const adapter = config.roles.has('console') ? await consoleAdapter(config, control) : apiAdapter(config, control);
      const nest = await NestFactory.create<NestFastifyApplication>(AppModule.with(config, progress, control), adapter, {
        abortOnError: false,
        // What can't be opened is thrown, and told once by whoever catches it.
        logger: false,
      });
      const logger = nest.get<Logger>(LOGGER);
      nest.useLogger(new NestLogger(logger));
      if (config.roles.has('console')) serveOpenApi(nest);
      return new Application(nest, config, lock, progress, logger);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** What the command line of this machine comes with. */
  get localToken(): string {
    return this.nest.get<AccessControl>(ACCESS).localToken;
  }

  /** Starts the read models, the API and the page; gives their URL. No reading is taken or handled, no mail is sent. */
  async startConsole(): Promise<string> {
    this.progress.startingWith = 'read models';
    await this.nest.get(ProjectionRunner).start();
    await this.nest.get<InfluxModels | null>(INFLUX)?.start();
    return this.listen();
  }

  private async listen(): Promise<string> {
    await this.nest.listen(this.config.consolePort, this.config.bindAddress);
    const url = urlOf(this.config.bindAddress, this.nest.getHttpServer());
    this.lock.announce({ pid: process.pid, consoleUrl: url, token: this.localToken });
    return url;
  }

  /** Starts everything, in the order of the flow from its end to its beginning, so that each part finds the next one ready. Thrown: `UndrainedLog` before anything else; what a part can't be started for. */
  async start(): Promise<{ consoleUrl: string; ingestUrl: string | null }> {
    const { nest, config, progress } = this;
    const clock = nest.get<Clock>(CLOCK);
    const store = nest.get<EventStore>(EVENT_STORE);

    await refuseUndrained(config, store, clock);
    if (!readsEvents(config)) await refuseUnmoved(config, (await untilAvailable(() => identify(store), clock, this.logger)).origins, clock);
    const consoleUrl = readsEvents(config) ? await this.startConsole() : await this.listen();
    const ingestUrl = config.roles.has('ingest') ? await this.listenIngest(clock) : null;
    if (readsEvents(config)) await this.startReading();
    progress.startingWith = 'processing';
    if (config.roles.has('process')) await this.startConsuming();
    this.startRetention(clock);
    progress.startingWith = null;
    return { consoleUrl, ingestUrl };
  }

  /** The customers and their places, then what is done about alarms. */
  private async startReading(): Promise<void> {
    const { nest, config, progress, stopping } = this;
    if (config.generateCustomers > 0) {
      progress.startingWith = 'customers';
      const onProgress = (done: number, count: number): void => {
        progress.startingWith = `${done} of ${count} customers`;
      };
      const [customers, clock] = [nest.get<CustomerStore & SetUpMarks>(CUSTOMER_STORE), nest.get<Clock>(CLOCK)];
      const setUp = () => setUpCustomers(customers, { count: config.generateCustomers, seed: CUSTOMER_SEED, onProgress, signal: stopping.signal });
      const { outcome, generated } = await untilServerAvailable(setUp, {
        clock,
        onWait: (error) => this.logger.warn({ err: error }, 'waiting for the customer store'),
        mayComeBack: (error) => error instanceof CustomersUnavailable,
      });
      this.logger.info({ outcome, generated }, 'customers are set up');
    }
    progress.startingWith = 'places';
    await nest.get(PlacesSync).start();
    nest.get<Notifying>(NOTIFYING)?.start();
    nest.get<Counting>(COUNTING)?.start();
    nest.get<UnshelvingRole>(UNSHELVING)?.start();
  }

  /** Processes all that the log holds, instead of `start`: no reading is taken, no mail is sent. Thrown: why the log is no longer consumed. */
  async drain(onProgress: Progress): Promise<void> {
    const clock = this.nest.get<Clock>(CLOCK);
    await this.startConsuming();
    let most = 0;
    for (;;) {
      const left = countRecords(await undrainedPartitions(this.nest.get(MESSAGE_LOG), this.nest.get(EVENT_STORE)));
      most = Math.max(most, left);
      onProgress(most - left, most, 'records');
      if (left === 0) return;
      if (this.progress.consumerFailure !== null) throw new Error(this.progress.consumerFailure);
      await clock.sleep(DRAIN_POLL_MS);
    }
  }

  /** What would stay behind if the log were no longer used. */
  remainder(): Promise<LogRemainder> {
    return remainderOf(this.nest.get(MESSAGE_LOG), this.nest.get(EVENT_STORE), this.nest.get(CLOCK));
  }

  /** Kafka has a retention of its own. */
  private startRetention(clock: Clock): void {
    const log = this.nest.get<MessageLog>(MESSAGE_LOG);
    if (!(log instanceof LibsqlMessageLog)) return;
    const retention = new LogRetention(log, this.nest.get<ReceiptBook>(ReceiptBook), clock, this.config.logRetentionMs);
    this.background.push(retention.keepTrimming(this.stopping.signal, (error) => this.logger.warn({ err: error }, 'the log was not trimmed')));
  }

  private async listenIngest(clock: Clock): Promise<string> {
    const { bindAddress, ingestPort, maxConnections } = this.config;
    this.endpoint = createIngestEndpoint({ log: this.nest.get(MESSAGE_LOG), clock, observer: this.nest.get(IngestMetrics), maxConnections });
    await this.endpoint.listen({ host: bindAddress, port: ingestPort });
    return urlOf(bindAddress, this.endpoint.server);
  }

  private async startConsuming(): Promise<void> {
    const { nest, config, progress, stopping } = this;
    const receipts = nest.get(ReceiptBook);
    const consume = consumption({ receipts, sensors: nest.get(SensorStates), supervision: nest.get(Supervision), policy: config.policy, progress, logger: this.logger });
    const transport = new MessageLogTransport(nest.get(MESSAGE_LOG), consume, (error) => {
      progress.consumerFailure = String(error);
      this.logger.error({ err: error }, 'the message log is no longer consumed');
    });
    nest.connectMicroservice({ strategy: transport });
    await nest.startAllMicroservices();
    nest.get(Supervision).start();
    this.background.push(receipts.keepFlushing(stopping.signal, (error) => this.logger.warn({ err: error }, 'receipts wait to be stored')));
  }

  /** Ends everything, against the order of the start: intake first, stores last. What is left is found by the next start. */
  async stop(): Promise<void> {
    const { nest } = this;
    this.stopping.abort();
    const ended = new AbortController();
    void this.closeStoreThatIsAway(ended.signal);
    await this.endpoint?.close();
    for (const microservice of nest.getMicroservices()) await microservice.close();
    await nest.get(Supervision).stop();
    for (const partition of [...nest.get(LastSeen).openPartitions]) await closeSupervision(nest.get(Supervision), partition, this.logger);
    await Promise.all(this.background);
    const isReading = readsEvents(this.config);
    if (isReading) await this.stopReading();
    await nest.close();
    if (isReading) await nest.get(LibsqlProjectionSink).close();
    await nest.get<EventStore>(EVENT_STORE).close();
    await nest.get<MessageLog>(MESSAGE_LOG).close();
    if (isReading) await nest.get<CustomerStore>(CUSTOMER_STORE).close();
    this.lock.release();
    ended.abort();
  }

  private async stopReading(): Promise<void> {
    const { nest } = this;
    await Promise.all([nest.get<UnshelvingRole>(UNSHELVING)?.stop(), nest.get<Notifying>(NOTIFYING)?.stop(), nest.get<Counting>(COUNTING)?.stop()]);
    await nest.get<Mailer | null>(MAILER)?.close();
    await nest.get(PlacesSync).stop();
    await nest.get<InfluxModels | null>(INFLUX)?.stop();
    await nest.get(ProjectionRunner).stop();
  }

  /** What waits for a store that gives no answers would hold up the end; closed, it says at once that it is not to be had. */
  private async closeStoreThatIsAway(ended: AbortSignal): Promise<void> {
    const [store, clock] = [this.nest.get<EventStore>(EVENT_STORE), this.nest.get<Clock>(CLOCK)];
    await clock.sleep(STORE_PATIENCE_MS, ended);
    if (ended.aborted) return;
    try {
      await new LimitedAsking(clock, STORE_ANSWER_MS).ask(() => store.headPosition());
    } catch (error) {
      this.logger.warn({ err: error }, 'the event store is away; what waits for it is found by the next start');
      await store.close();
    }
  }
}
