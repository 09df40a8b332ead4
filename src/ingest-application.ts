import { fastify, type FastifyInstance } from 'fastify';
import { pino, type Logger } from 'pino';
import { Registry } from 'prom-client';
import { systemClock } from './clock.js';
import type { Config } from './config.js';
import { worstStatus, type Health, type HealthPart } from './console/health-report.js';
import { registerProcessMetrics } from './console/process-metrics.js';
import { createIngestEndpoint } from './ingestion/ingest-endpoint.js';
import { IngestMetrics } from './ingestion/ingest-metrics.js';
import { urlOf } from './listen-url.js';
import type { MessageLog } from './message-log/message-log.js';
import { openMessageLog } from './message-log/open-message-log.js';
import { requestLimits } from './server-limits.js';

/** A process with role `ingest` alone: the endpoint on Kafka, any number of which stand behind a load balancer. It has no data folder. */
export class IngestApplication {
  private constructor(
    private readonly log: MessageLog,
    private readonly endpoint: FastifyInstance,
    private readonly status: FastifyInstance,
    private readonly config: Config,
    readonly logger: Logger,
  ) {}

  /** Thrown: what `KafkaMessageLog.open` throws. */
  static async create(config: Config): Promise<IngestApplication> {
    const logger = pino({ level: config.logLevel });
    const registry = new Registry();
    const log = await openMessageLog(config, systemClock, logger, registry);
    const observer = new IngestMetrics(registry, (error) => logger.error({ err: error }, 'the ingest endpoint failed'));
    const endpoint = createIngestEndpoint({ log, clock: systemClock, observer, maxConnections: config.maxConnections });
    return new IngestApplication(log, endpoint, statusPages(log, registry, config), config, logger);
  }

  async start(): Promise<{ consoleUrl: string; ingestUrl: string }> {
    const { bindAddress: host, consolePort, ingestPort } = this.config;
    await this.status.listen({ host, port: consolePort });
    await this.endpoint.listen({ host, port: ingestPort });
    return { consoleUrl: urlOf(host, this.status.server), ingestUrl: urlOf(host, this.endpoint.server) };
  }

  /** Ends what is in work, then the log. */
  async stop(): Promise<void> {
    await this.endpoint.close();
    await this.log.close();
    await this.status.close();
  }
}

/** `/api/health` and `/metrics`, as the whole application has them. */
function statusPages(log: MessageLog, registry: Registry, { maxConnections }: Config): FastifyInstance {
  const health: Health = { report: async () => ({ parts: [logPart(log)] }) };
  registerProcessMetrics(registry, health);
  const app = fastify({ forceCloseConnections: true, ...requestLimits() });
  app.server.maxConnections = maxConnections;
  app.get('/api/health', async (_request, reply) => {
    const { parts } = await health.report();
    const status = worstStatus(parts);
    return reply.code(status === 'down' ? 503 : 200).send({ status, parts });
  });
  app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  return app;
}

function logPart(log: MessageLog): HealthPart {
  const why = log.unavailable();
  return { name: 'message-log', status: why === null ? 'up' : 'down', detail: why ?? 'takes readings' };
}
