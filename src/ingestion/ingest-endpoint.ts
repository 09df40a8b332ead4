import { maxHeaderSize, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { fastify, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Clock } from '../clock.js';
import { LogUnavailable, SENSOR_TOPICS, UnknownTopic, type MessageLog, type SensorTopic } from '../message-log/message-log.js';
import { requestLimits } from '../server-limits.js';
import { ACCEPTED_TYPES, bodyKind, bodyLimit, isBatch, singleReading, type BodyKind } from './ingest-body.js';
import { batchOffsets, toBatch, toRecord, type Batch } from './ingest-records.js';
import { IngestRefusal } from './ingest-refusal.js';
import { MalformedText } from './json-scanner.js';
import { readGivenHeaders, type GivenHeaders } from './record-headers.js';
import { discardRest, RequestBodies } from './request-bodies.js';

/** Told what the endpoint does, for metrics and logs. */
export interface IngestObserver {
  /** `records` were stored durably. */
  onAccepted(topic: SensorTopic, records: number): void;
  /** A request, or one record of a batch, was answered with this HTTP status. */
  onRefused(status: number): void;
  /** Something failed that no client could have caused. */
  onError(error: unknown): void;
}

export interface IngestEndpointOptions {
  readonly log: MessageLog;
  readonly clock: Clock;
  readonly observer?: IngestObserver;
  /** Bodies of all requests in work; 64 MiB by default. JSON in work takes up to four times its size. */
  readonly maxHeldBytes?: number;
  /** From a request's first byte to its last; 30 s by default, 10 s of them for the headers. */
  readonly requestTimeoutMs?: number;
  /** What connects beyond so many connections is closed at once; no limit by default. */
  readonly maxConnections?: number;
  /** How long `close` waits for requests in work before it cuts their connections; 1.5 s by default. */
  readonly closeGraceMs?: number;
}

const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** The notifier may take 2.5 s after it, and the process must have ended in 4.5 s. */
const CLOSE_GRACE_MS = 1_500;

/** A pause in which a full log can store what waits. */
const RETRY_AFTER_SECONDS = '1';

const MESSAGES_PATH = /^\/topics\/(?:ENTRY|OK)\/messages$/;
const PING_PATH = '/_ping';

/**
 * The HTTP endpoint that takes sensors' messages, wire-compatible with kafka-pixy's produce call:
 * `POST /topics/{ENTRY|OK}/messages[?key=K][&sync]` answers `{"partition":1,"offset":42}`, always after the
 * log has stored the message (P1). The key is the sensor id whatever K says, so that a sensor's readings
 * keep their order. Beyond kafka-pixy it takes batches, one reading a line (NDJSON) or as Kafka's REST proxy
 * has them, and answers `{"offsets":[{"partition":1,"offset":42,"error_code":null,"error":null}]}`: 200, or
 * 207 when some were refused.
 *
 * Given back before it listens. Its close() ends requests in work first; the log must outlive it.
 */
export function createIngestEndpoint(options: IngestEndpointOptions): FastifyInstance {
  const { log, clock, observer } = options;
  const bodies = new RequestBodies(options.maxHeldBytes ?? MAX_HELD_BYTES);

  const app = fastify({
    ...requestLimits(options.requestTimeoutMs),
    // Requests that come on kept connections while it closes are served: the log is still there.
    return503OnClosing: false,
    // An unknown topic is 404 however long its name.
    routerOptions: { maxParamLength: maxHeaderSize },
    clientErrorHandler: (error, socket) => answerBadHttp(error, socket, observer),
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply),
  });

  // Bodies are read by the handler itself, after all that can be refused without them.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.setErrorHandler<FastifyError>((error, request, reply) => refuse(error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] as string;
    const allowed = MESSAGES_PATH.test(path) ? 'POST' : path === PING_PATH ? 'GET, HEAD' : null;
    if (allowed === null) return refuse(new IngestRefusal(404, `there is no ${path}; expected POST /topics/ENTRY/messages or /topics/OK/messages`), request, reply);
    return refuse(new IngestRefusal(405, `${request.method} is not possible here; expected ${allowed}`), request, reply.header('allow', allowed));
  });

  app.server.maxConnections = options.maxConnections ?? Infinity;
  const closing = closeWithin(app, clock, options.closeGraceMs ?? CLOSE_GRACE_MS);

  app.get(PING_PATH, (_request, reply) => reply.type('text/plain').send('pong'));

  app.post<{ Params: { topic: string } }>('/topics/:topic/messages', async (request, reply) => {
    const topic = requireTopic(request.params.topic);
    const why = log.unavailable();
    if (why !== null) throw new LogUnavailable(why);
    const encoding = request.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') throw new IngestRefusal(415, `content encoding ${JSON.stringify(encoding)} is not taken; send the body as it is`, 'Content-Encoding');
    const kind = bodyKind(request.headers['content-type']);
    const given = readGivenHeaders(request.raw.rawHeaders);
    const answer = await bodies.with<object>(request.raw, bodyLimit(kind), (body) =>
      isBatch(kind, body) ? takeBatch(topic, kind, body, given, reply) : takeReading(topic, kind, body, given),
    );
    if (closing.isClosing) reply.header('connection', 'close');
    return answer;
  });

  async function takeReading(topic: SensorTopic, kind: BodyKind, body: Buffer, given: GivenHeaders) {
    const record = toRecord(singleReading(kind, body), given.headers, given.idempotencyKey);
    const [appended] = await log.append(topic, [record]);
    observer?.onAccepted(topic, 1);
    return { partition: appended!.partition, offset: appended!.offset };
  }

  async function takeBatch(topic: SensorTopic, kind: BodyKind, body: Buffer, given: GivenHeaders, reply: FastifyReply) {
    const batch: Batch = await toBatch(kind, body, given);
    const appended = batch.records.length > 0 ? await log.append(topic, batch.records) : [];
    if (appended.length > 0) observer?.onAccepted(topic, appended.length);
    for (const outcome of batch.outcomes) if (outcome instanceof IngestRefusal) observer?.onRefused(outcome.status);
    const isComplete = appended.length === batch.outcomes.length;
    reply.code(isComplete ? 200 : 207);
    return { offsets: batchOffsets(batch, appended) };
  }

  function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { status, message, field } = toRefusal(error);
    if (status === 500) observer?.onError(error);
    if (!request.raw.socket.destroyed) observer?.onRefused(status); // else nobody is there to be answered
    discardRest(request.raw);
    if (status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS);
    return reply.code(status).send(field === null ? { error: message } : { error: message, field });
  }

  return app;
}

function requireTopic(name: string): SensorTopic {
  const topic = SENSOR_TOPICS.find((known) => known === name);
  if (!topic) throw new IngestRefusal(404, `unknown topic ${JSON.stringify(name)}; expected ${SENSOR_TOPICS.join(' or ')}`);
  return topic;
}

/** What the client is told of an error; of ours it learns no more than that it was one. */
function toRefusal(error: unknown): IngestRefusal {
  if (error instanceof IngestRefusal) return error;
  if (error instanceof MalformedText) return new IngestRefusal(400, error.message);
  if (error instanceof UnknownTopic) return new IngestRefusal(404, error.message);
  if (error instanceof LogUnavailable) return new IngestRefusal(503, error.message);
  const { statusCode = 500, message } = error as Partial<FastifyError>;
  if (statusCode === 415) return new IngestRefusal(415, `the content type can't be read; expected ${ACCEPTED_TYPES}`, 'Content-Type');
  return statusCode < 500 ? new IngestRefusal(statusCode, message ?? 'bad request') : new IngestRefusal(500, 'internal error; the outcome is not known');
}

/** For what is no HTTP request, or none in time: Node has no response object then. */
function answerBadHttp(error: NodeJS.ErrnoException, socket: Socket, observer: IngestObserver | undefined): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  observer?.onRefused(status);
  const body = JSON.stringify({ error: status === 408 ? 'the request did not come to its end in time' : `bad HTTP: ${error.message}` });
  if (!socket.writable) return void socket.destroy();
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`;
  socket.end(head + body, () => socket.destroy());
}

/**
 * Bounds close(): a client that never ends its request can't hold it up. Tells when it has begun, for the
 * answers still to be given to say that the connection ends.
 */
function closeWithin(app: FastifyInstance, clock: Clock, graceMs: number): { readonly isClosing: boolean } {
  const state = { isClosing: false };
  const closed = new AbortController();
  app.addHook('preClose', (done) => {
    state.isClosing = true;
    void clock.sleep(graceMs, closed.signal).then(() => app.server.closeAllConnections());
    done();
  });
  app.addHook('onClose', (_instance, done) => {
    closed.abort();
    done();
  });
  return state;
}
