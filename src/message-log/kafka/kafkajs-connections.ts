import kafkajs from 'kafkajs';
import Connection from 'kafkajs/src/network/connection.js';
import type { Socket } from 'node:net';
import { inTime, systemClock } from '../../clock.js';
import { UnknownKafkajs } from './kafka-errors.js';

/** What is used of a connection of kafkajs 2.2.4. */
interface ConnectionInside {
  readonly host: string;
  readonly port: number;
  readonly connectionTimeout: number;
  connectionStatus: string;
  authenticatedAt: unknown;
  readonly authHandlers: { onError(): void } | null;
  socket?: Socket;
  chunks: Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
  readonly requestQueue: {
    readonly inflight: ReadonlyMap<number, { readonly sentAt: number; readonly entry: { readonly apiKey: number } }>;
    destroy(): void;
  };
  isConnected(): boolean;
  connect(): Promise<unknown>;
  rejectRequests(error: Error): void;
  processData(chunk: Buffer): void;
}

/** A broker of kafkajs, as far as its connections go. */
export interface ConnectedBroker {
  readonly connectionPool: { readonly pool?: readonly object[] };
}

const API_KEY = { metadata: 3, apiVersions: 18 } as const;
const LENGTH_BYTES = 4;

/** kafkajs' own time limit comes first. */
const LATE_MS = 500;

const prototype = Connection.prototype as unknown as Partial<ConnectionInside>;
const connect = prototype.connect;
const processData = prototype.processData;
if (!connect || !processData) throw new UnknownKafkajs("kafkajs' connection has no connect or no processData");

const beingMade = new WeakMap<ConnectionInside, Promise<unknown>>();

/**
 * A connection that is made anew begins anew. kafkajs 2.2.4 keeps the bytes of an answer that was cut off, and
 * would take what comes next for the rest of it; and the old socket, should it still live, goes on feeding it.
 */
prototype.connect = function (this: ConnectionInside): Promise<unknown> {
  if (this.isConnected()) return connect.call(this);
  let making = beingMade.get(this);
  if (making) return making;
  this.socket?.destroy();
  this.chunks = [];
  this.bytesBuffered = 0;
  this.bytesNeeded = LENGTH_BYTES;
  // kafkajs never says that the other side closed a TLS connection before it was made.
  const closed = (): Error => connectionError(this, 'it was closed while it was made');
  making = inTime(systemClock, this.connectionTimeout + LATE_MS, connect.call(this), closed).finally(() => beingMade.delete(this));
  beingMade.set(this, making);
  return making;
};

/**
 * An answer that comes as one chunk stays where it is. kafkajs 2.2.4 keeps the empty rest of the answer before,
 * and would copy each answer to put it behind that.
 */
prototype.processData = function (this: ConnectionInside, chunk: Buffer): void {
  if (this.bytesBuffered === 0) this.chunks = [];
  processData.call(this, chunk);
};

function connectionError({ host, port }: ConnectionInside, why: string): Error {
  return new kafkajs.KafkaJSConnectionError(`Connection to ${host}:${port} ended: ${why}`, { broker: `${host}:${port}` });
}

/**
 * Ends a broker's connections at once: what is on its way there fails now, and no late answer to it is read.
 * kafkajs' own disconnect waits for the answers, which a broker that hangs never gives.
 */
export function cutConnections(broker: ConnectedBroker, why: string): void {
  for (const connection of connectionsOf(broker)) cut(connection, why);
}

/** Cuts those that wait for metadata longer than `limitMs`: kafkajs would ask the same broker again and again. */
export function cutHungConnections(brokers: readonly ConnectedBroker[], limitMs: number): void {
  for (const connection of brokers.flatMap(connectionsOf)) {
    const asked = [...connection.requestQueue.inflight.values()].filter(({ entry }) => entry.apiKey === API_KEY.metadata || entry.apiKey === API_KEY.apiVersions);
    if (asked.some(({ sentAt }) => systemClock.now() - sentAt > limitMs)) cut(connection, `it gave no metadata within ${limitMs} ms`);
  }
}

function connectionsOf(broker: ConnectedBroker): readonly ConnectionInside[] {
  return (broker.connectionPool.pool ?? []) as readonly ConnectionInside[];
}

function cut(connection: ConnectionInside, why: string): void {
  if (!connection.isConnected()) return; // one that is being made has a time limit of its own
  connection.connectionStatus = 'disconnected';
  connection.authenticatedAt = null;
  connection.requestQueue.destroy();
  connection.socket?.destroy();
  connection.authHandlers?.onError();
  connection.rejectRequests(connectionError(connection, why));
}
