import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { Server, ServerCredentials, type ConnectionInjector } from '@grpc/grpc-js';
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import persistentGrpc from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { guarded, type Users } from './access.js';
import { append, batchAppend } from './append-calls.js';
import { deleteStream, tombstoneStream } from './delete-calls.js';
import { EventLog } from './event-log.js';
import { Faults } from './faults.js';
import { createHttpAnswers } from './http-answers.js';
import { LogFile } from './log-file.js';
import { gossip, supportedMethods, type Member } from './node-services.js';
import { PersistentSubscriptions } from './persistent-subscriptions.js';
import { read } from './read-calls.js';
import { notReady } from './rpc-errors.js';

/** As the server's: more than an append may have, so that it is refused by name. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

export interface DoubleOptions {
  /** 0 for one that is free; kept over restarts. */
  readonly port?: number;
  readonly host?: string;
  /** PEM texts; without them nothing is encrypted. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Who may do anything, password by user; without it whoever calls. Asked for with TLS only: without it the client sends none. */
  readonly users?: Readonly<Record<string, string>>;
  /** A node of one cluster with this one: it has the same log at once, and leads as long as it runs. */
  readonly follows?: EventStoreDbDouble;
  /** Where the log is kept; without it only in memory, which outlives `stop` but not the process. */
  readonly file?: string;
  /** False: as servers before 21.10, which the client sends one call an append. */
  readonly isBatchAppendKnown?: boolean;
  readonly now?: () => number;
}

/**
 * A server that keeps to EventStoreDB's gRPC protocol on one port, and answers its health and metrics by HTTP on the same.
 *
 * What it stores outlives `stop`; `start` again is a restart with its data. See README.md for what it does not model.
 */
export class EventStoreDbDouble {
  readonly faults = new Faults();
  readonly log: EventLog;
  private readonly connections = new Set<Socket>();
  private readonly followers: EventStoreDbDouble[] = [];
  private readonly instanceId = randomUUID();
  private readonly groups: PersistentSubscriptions;
  private running: { readonly grpc: Server; readonly tcp: TcpServer; readonly http: HttpServer } | null = null;
  private port: number;
  /** May be changed while it runs. */
  users: Users;
  /** How many connections were taken since it was made. */
  connectionsTaken = 0;

  private constructor(private readonly options: DoubleOptions) {
    this.log = options.follows?.log ?? new EventLog(options.file === undefined ? null : new LogFile(options.file), options.now);
    this.users = options.users ?? null;
    if (options.follows) options.follows.followers.push(this);
    this.groups = new PersistentSubscriptions(this.log);
    this.port = options.port ?? 0;
  }

  static async start(options: DoubleOptions = {}): Promise<EventStoreDbDouble> {
    const double = new EventStoreDbDouble(options);
    await double.start();
    return double;
  }

  /** A connection string for the client, without user and password. */
  get url(): string {
    return `esdb://${this.address}?tls=${this.options.tls !== undefined}`;
  }

  get httpUrl(): string {
    return `http${this.options.tls ? 's' : ''}://${this.address}`;
  }

  /** `127.0.0.1:2113`. */
  get address(): string {
    return `${this.host}:${this.port}`;
  }

  async start(): Promise<void> {
    const grpc = this.createGrpcServer();
    const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
    const http = createHttpAnswers(this.log, this.faults);
    const accept = (socket: Socket): void => this.accept(socket, injector, http);
    const tcp = this.options.tls ? createTlsServer({ ...this.options.tls, ALPNProtocols: ['h2', 'http/1.1'] }, accept) : createServer(accept);
    tcp.listen(this.port, this.host);
    await once(tcp, 'listening');
    this.port = (tcp.address() as AddressInfo).port;
    this.running = { grpc, tcp, http };
  }

  /** As a killed process: connections break, nothing more is accepted. */
  async stop(): Promise<void> {
    const { running } = this;
    if (!running) return;
    this.running = null;
    running.tcp.close();
    this.cutConnections();
    running.grpc.forceShutdown();
    running.http.close();
    this.log.forgetIds();
  }

  /** Breaks every connection; new ones are accepted. */
  cutConnections(): void {
    for (const socket of this.connections) socket.destroy();
  }

  private get host(): string {
    return this.options.host ?? '127.0.0.1';
  }

  /** Every node of the cluster, as any of them tells; the first that runs leads. */
  private members(): Member[] {
    const first = this.options.follows ?? this;
    const nodes = [first, ...first.followers];
    const leader = nodes.find(({ running }) => running !== null);
    return nodes.map((node) => ({ instanceId: node.instanceId, host: node.host, port: node.port, isAlive: node.running !== null, leads: node === leader }));
  }

  private accept(socket: Socket, injector: ConnectionInjector, http: HttpServer): void {
    this.connections.add(socket);
    this.connectionsTaken += 1;
    socket.on('close', () => this.connections.delete(socket));
    socket.on('error', () => {});
    if (socket instanceof TLSSocket) {
      if (socket.alpnProtocol === 'h2') injector.injectConnection(socket);
      else http.emit('connection', socket);
      return;
    }
    // gRPC clients begin with HTTP/2's preface, "PRI * HTTP/2.0"; anything else is HTTP/1.1.
    socket.once('data', (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      // HTTP/2 takes what is buffered by itself; were the socket to flow it would be gone.
      if (first.toString('latin1', 0, 3) === 'PRI') return injector.injectConnection(socket);
      http.emit('connection', socket);
      socket.resume();
    });
  }

  private createGrpcServer(): Server {
    const server = new Server({ 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES, 'grpc.max_send_message_length': -1 });
    const place = { log: this.log, faults: this.faults, cutConnections: () => this.cutConnections() };
    const users = (): Users => this.users;
    server.addService(streamsGrpc.StreamsService, guarded(users, {
      append: append.bind(null, place),
      batchAppend: batchAppend.bind(null, place),
      read: (call: Parameters<typeof read>[1]) => void read(place, call),
      delete: deleteStream.bind(null, place),
      tombstone: tombstoneStream.bind(null, place),
    }));
    const { create, delete: remove, getInfo, read: readGroup } = this.groups;
    server.addService(persistentGrpc.PersistentSubscriptionsService, guarded(users, { create, delete: remove, getInfo, read: readGroup }));
    server.addService(gossipGrpc.GossipService, { read: gossip(() => this.members()) });
    server.addService(featuresGrpc.ServerFeaturesService, {
      getSupportedMethods: (_call: unknown, reply: (error: Error | null, methods?: unknown) => void) => {
        if (this.faults.isSilent) return;
        if (this.faults.isNotReady) reply(notReady());
        else reply(null, supportedMethods(this.options.isBatchAppendKnown ?? true));
      },
    });
    return server;
  }
}
