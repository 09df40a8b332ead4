import { randomUUID } from 'node:crypto';
import type { sendUnaryData, ServerDuplexStream, ServerUnaryCall } from '@grpc/grpc-js';
import persistent from '@eventstore/db-client/generated/persistent_pb.js';
import type {
  CreateReq,
  CreateResp,
  DeleteReq,
  DeleteResp,
  GetInfoReq,
  GetInfoResp,
  ReadReq,
  ReadResp,
} from '@eventstore/db-client/generated/persistent_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { EventLog } from './event-log.js';
import { streamName, toReadEvent, uuidText } from './messages.js';
import { groupDoesNotExist, groupDropped, groupExists } from './rpc-errors.js';
import type { StoredEvent } from './stored-event.js';

const { Action } = persistent.ReadReq.Nack;

interface Group {
  readonly stream: string;
  readonly name: string;
  /** Index of the next event of the stream, or of all records. */
  next: number;
  readonly retries: { readonly event: StoredEvent; readonly count: number }[];
  parked: number;
  readonly readers: Set<Reader>;
}

interface Reader {
  readonly call: ServerDuplexStream<ReadReq, ReadResp>;
  readonly buffer: number;
  readonly inFlight: Map<string, { readonly event: StoredEvent; readonly count: number }>;
}

/**
 * The basics of persistent subscriptions: groups on a stream or on $all, several readers in turn, acknowledging,
 * retrying, parking and skipping. Kept in memory only.
 */
export class PersistentSubscriptions {
  private readonly groups = new Map<string, Group>();

  constructor(private readonly log: EventLog) {
    log.changes.on('appended', () => {
      for (const group of this.groups.values()) this.dispatch(group);
    });
  }

  readonly create = (call: ServerUnaryCall<CreateReq, CreateResp>, reply: sendUnaryData<CreateResp>): void => {
    const options = call.request.getOptions();
    const name = options?.getGroupName() ?? '';
    const onAll = options?.getAll();
    const stream = onAll ? '$all' : streamName(options?.getStream()?.getStreamIdentifier() ?? options?.getStreamIdentifier());
    const key = keyOf(stream, name);
    if (this.groups.has(key)) return reply(groupExists(stream, name));
    const begin = onAll ? this.beginOfAll(onAll) : this.beginOfStream(stream, options?.getSettings()?.getRevision() ?? '0');
    this.groups.set(key, { stream, name, next: begin, retries: [], parked: 0, readers: new Set() });
    reply(null, new persistent.CreateResp());
  };

  readonly delete = (call: ServerUnaryCall<DeleteReq, DeleteResp>, reply: sendUnaryData<DeleteResp>): void => {
    const options = call.request.getOptions();
    const stream = options?.hasAll() ? '$all' : streamName(options?.getStreamIdentifier());
    const name = options?.getGroupName() ?? '';
    const group = this.groups.get(keyOf(stream, name));
    if (!group) return reply(groupDoesNotExist(stream, name));
    this.groups.delete(keyOf(stream, name));
    for (const { call: reading } of group.readers) reading.emit('error', groupDropped(stream, name));
    reply(null, new persistent.DeleteResp());
  };

  readonly getInfo = (call: ServerUnaryCall<GetInfoReq, GetInfoResp>, reply: sendUnaryData<GetInfoResp>): void => {
    const options = call.request.getOptions();
    const stream = options?.hasAll() ? '$all' : streamName(options?.getStreamIdentifier());
    const name = options?.getGroupName() ?? '';
    const group = this.groups.get(keyOf(stream, name));
    if (!group) return reply(groupDoesNotExist(stream, name));
    const inFlight = [...group.readers].reduce((sum, reader) => sum + reader.inFlight.size, 0);
    const info = new persistent.SubscriptionInfo()
      .setEventSource(stream)
      .setGroupName(name)
      .setStatus('Live')
      .setNamedConsumerStrategy('RoundRobin')
      .setTotalItems(String(group.next))
      .setCountSinceLastMeasurement('0')
      .setLiveBufferCount('0')
      .setTotalInFlightMessages(inFlight)
      .setRetryBufferCount(group.retries.length)
      .setParkedMessageCount(String(group.parked));
    reply(null, new persistent.GetInfoResp().setSubscriptionInfo(info));
  };

  readonly read = (call: ServerDuplexStream<ReadReq, ReadResp>): void => {
    let group: Group | undefined;
    let reader: Reader | undefined;
    const leave = () => {
      if (!group || !reader || !group.readers.delete(reader)) return;
      for (const flying of reader.inFlight.values()) group.retries.push(flying);
      this.dispatch(group);
    };
    call.on('error', leave);
    call.on('cancelled', leave);
    call.on('end', () => {
      leave();
      call.end();
    });
    call.on('data', (request: ReadReq) => {
      const options = request.getOptions();
      if (options) {
        const stream = options.hasAll() ? '$all' : streamName(options.getStreamIdentifier());
        group = this.groups.get(keyOf(stream, options.getGroupName()));
        if (!group) return void call.emit('error', groupDoesNotExist(stream, options.getGroupName()));
        reader = { call, buffer: options.getBufferSize(), inFlight: new Map() };
        group.readers.add(reader);
        call.write(confirmation(`${stream}::${options.getGroupName()}`));
      } else if (group && reader) {
        settle(group, reader, request);
      }
      if (group) this.dispatch(group);
    });
  };

  private dispatch(group: Group): void {
    for (;;) {
      const free = [...group.readers].filter((reader) => reader.inFlight.size < reader.buffer);
      const reader = free[0];
      const next = reader && this.take(group);
      if (!reader || !next) return;
      // To the back, so that readers take turns.
      group.readers.delete(reader);
      group.readers.add(reader);
      reader.inFlight.set(next.event.id, next);
      reader.call.write(toResponse(next.event, next.count, group.stream === '$all' ? 'all' : 'stream'));
    }
  }

  private take(group: Group): { event: StoredEvent; count: number } | null {
    const retried = group.retries.shift();
    if (retried) return retried;
    const view = group.stream === '$all' ? null : this.log.view(group.stream);
    const source = view ? (view.type === 'found' ? view.events : []) : this.log.all;
    if (view?.type === 'found') group.next = Math.max(group.next, view.first);
    const event = source[group.next];
    if (!event) return null;
    group.next += 1;
    return { event, count: 0 };
  }

  private beginOfAll(options: CreateReq.AllOptions): number {
    if (options.hasEnd()) return this.log.all.length;
    return options.hasPosition() ? this.log.indexAt(Number(options.getPosition()?.getCommitPosition())) : 0;
  }

  private beginOfStream(stream: string, revision: string): number {
    const view = this.log.view(stream);
    if (BigInt(revision) >= 2n ** 63n) return view.type === 'found' ? view.events.length : 0;
    return Number(revision);
  }
}

function settle(group: Group, reader: Reader, request: ReadReq): void {
  const [ack, nack] = [request.getAck(), request.getNack()];
  for (const id of ack?.getIdsList() ?? []) reader.inFlight.delete(uuidText(id));
  for (const id of nack?.getIdsList() ?? []) {
    const flying = reader.inFlight.get(uuidText(id));
    if (!flying) continue;
    reader.inFlight.delete(uuidText(id));
    if (nack?.getAction() === Action.RETRY) group.retries.push({ event: flying.event, count: flying.count + 1 });
    if (nack?.getAction() === Action.PARK) group.parked += 1;
    if (nack?.getAction() === Action.STOP) reader.call.end();
  }
}

function confirmation(id: string): ReadResp {
  return new persistent.ReadResp().setSubscriptionConfirmation(new persistent.ReadResp.SubscriptionConfirmation().setSubscriptionId(`${id}::${randomUUID()}`));
}

/** The messages of both services have the same fields; only their classes differ. */
function toResponse(event: StoredEvent, retryCount: number, readOf: 'stream' | 'all'): ReadResp {
  const bytes = toReadEvent(event, readOf).getEvent()?.serializeBinary() ?? new Uint8Array();
  const recorded = persistent.ReadResp.ReadEvent.RecordedEvent.deserializeBinary(bytes);
  const read = new persistent.ReadResp.ReadEvent().setEvent(recorded).setRetryCount(retryCount);
  if (readOf === 'all') read.setCommitPosition(String(event.position));
  else read.setNoPosition(new shared.Empty());
  return new persistent.ReadResp().setEvent(read);
}

function keyOf(stream: string, group: string): string {
  return JSON.stringify([stream, group]);
}
