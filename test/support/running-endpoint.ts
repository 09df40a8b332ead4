import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import { createIngestEndpoint, type IngestEndpointOptions } from '../../src/ingestion/ingest-endpoint.js';
import { LibsqlMessageLog } from '../../src/message-log/libsql-message-log.js';
import type { MessageLog } from '../../src/message-log/message-log.js';

/** A record as a test looks at it. */
export interface StoredRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An ingest endpoint that listens, over the embedded log in a folder of its own. */
export interface RunningEndpoint {
  readonly url: string;
  readonly log: LibsqlMessageLog;
  /** What the observer was told. */
  readonly accepted: Record<string, number>;
  readonly refused: number[];
  readonly errors: unknown[];
  /** Posts to a topic. */
  post(topic: string, body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<Response>;
  /** A plain TCP connection to it. */
  connect(): Promise<Socket>;
  /** All records of a topic, by partition and offset. */
  stored(topic?: string): Promise<StoredRecord[]>;
  closeEndpoint(): Promise<void>;
  close(): Promise<void>;
}

/** `wrap` puts something between the endpoint and the log. */
export async function startEndpoint(options: Partial<IngestEndpointOptions> = {}, wrap: (log: MessageLog) => MessageLog = (log) => log): Promise<RunningEndpoint> {
  const dir = await mkdtemp(join(tmpdir(), 'vigia-ingest-'));
  const log = await LibsqlMessageLog.open(dir, { clock: systemClock });
  const accepted: Record<string, number> = {};
  const refused: number[] = [];
  const errors: unknown[] = [];
  const observer = {
    onAccepted: (topic: string, records: number) => (accepted[topic] = (accepted[topic] ?? 0) + records),
    onRefused: (status: number) => refused.push(status),
    onError: (error: unknown) => errors.push(error),
  };
  const app = createIngestEndpoint({ log: wrap(log), clock: systemClock, observer, ...options });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url, log, accepted, refused, errors,
    post: (topic, body, headers = {}) => fetch(`${url}/topics/${topic}/messages`, { method: 'POST', body, headers }),
    connect: async () => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
    stored: async (topic = 'ENTRY') => {
      const records: StoredRecord[] = [];
      for (const { partition, startOffset } of await log.describe(topic)) {
        for await (const { offset, key, value, headers } of log.read(topic, partition, startOffset)) {
          records.push({ partition, offset, key: key?.toString('utf8') ?? null, value: value?.toString('utf8') ?? '', headers });
        }
      }
      return records;
    },
    closeEndpoint: () => app.close(),
    close: async () => {
      await app.close();
      await log.close();
      await rm(dir, { recursive: true });
    },
  };
}

/** The log with some of its methods replaced. */
export function withChanges(log: MessageLog, changes: Partial<MessageLog>): MessageLog {
  return Object.assign(Object.create(log) as MessageLog, changes);
}

/** Collects what a socket receives until `isEnough` says so, or the other side ends. */
export function received(socket: Socket, isEnough: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (isEnough(text)) resolve(text);
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
  });
}
