import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ServerWritableStream } from '@grpc/grpc-js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { toPredicate } from './event-filter.js';
import type { EventLog } from './event-log.js';
import type { Faults } from './faults.js';
import { streamName, toIdentifier, toReadEvent } from './messages.js';
import { invalidArgument, notReady, streamDeleted } from './rpc-errors.js';
import type { StoredEvent } from './stored-event.js';
import { subscribe } from './subscription-calls.js';

export type ReadCall = ServerWritableStream<ReadReq, ReadResp>;

export interface ReadPlace {
  readonly log: EventLog;
  readonly faults: Faults;
}

const { FORWARDS } = streams.ReadReq.Options.ReadDirection;

/** Other calls run between so many events. */
const PAGE = 64;

/** Read: streams and $all, both ways, and subscriptions. */
export async function read(place: ReadPlace, call: ReadCall): Promise<void> {
  const options = call.request.getOptions();
  call.on('error', () => {});
  if (place.faults.isSilent || place.faults.areReadsSilent) return;
  if (place.faults.isNotReady) return void call.emit('error', notReady());
  if (!options) return void call.emit('error', invalidArgument('options are missing'));
  if (options.hasSubscription()) return subscribe(place, call, options);
  return options.hasAll() ? readAll(place, call, options) : readStream(place, call, options);
}

async function readStream(place: ReadPlace, call: ReadCall, options: ReadReq.Options): Promise<void> {
  const from = options.getStream();
  const stream = streamName(from?.getStreamIdentifier());
  const view = place.log.view(stream);
  if (view.type === 'deleted') return void call.emit('error', streamDeleted(stream));
  if (view.type === 'not-found') {
    call.write(new streams.ReadResp().setStreamNotFound(new streams.ReadResp.StreamNotFound().setStreamIdentifier(toIdentifier(stream))));
    return void call.end();
  }
  const isForwards = options.getReadDirection() === FORWARDS;
  const last = view.events.length - 1;
  const start = from?.hasRevision() ? Number(from.getRevision()) : from?.hasEnd() ? last : 0;
  const range = isForwards ? { begin: Math.max(start, view.first), end: last, step: 1 } : { begin: Math.min(start, last), end: view.first, step: -1 };
  await sendRange(place, call, view.events, range, Number(options.getCount()), 'stream');
}

async function readAll(place: ReadPlace, call: ReadCall, options: ReadReq.Options): Promise<void> {
  const from = options.getAll();
  const records = place.log.all;
  const passes = toPredicate(options.getFilter());
  const isForwards = options.getReadDirection() === FORWARDS;
  const at = from?.hasPosition() ? place.log.indexAt(Number(from.getPosition()?.getCommitPosition())) : from?.hasEnd() ? records.length : 0;
  // Both ways `from` is a place between records: forwards gives what stands there, backwards what stands before.
  const range = isForwards ? { begin: at, end: records.length - 1, step: 1 } : { begin: at - 1, end: 0, step: -1 };
  const passing = options.hasFilter() ? records.map((record) => (passes(record) ? record : null)) : records;
  await sendRange(place, call, passing, range, Number(options.getCount()), 'all');
}

interface Range {
  readonly begin: number;
  /** Inclusive; beyond `begin` in the direction of the step, or the range is empty. */
  readonly end: number;
  readonly step: number;
}

async function sendRange(place: ReadPlace, call: ReadCall, events: readonly (StoredEvent | null)[], range: Range, count: number, readOf: 'stream' | 'all'): Promise<void> {
  const { begin, end, step } = range;
  let left = count;
  for (let index = begin; left > 0 && (step > 0 ? index <= end : index >= end); index += step) {
    const event = events[index];
    if (!event) continue;
    if (!(await send(call, new streams.ReadResp().setEvent(toReadEvent(event, readOf))))) return;
    left -= 1;
    place.faults.readEvents += 1;
    if (left % PAGE === 0) await nextTurn();
  }
  call.end();
}

/** False once the client is gone. Waits while the client does not take what was sent. */
export async function send(call: ReadCall, response: ReadResp): Promise<boolean> {
  if (call.cancelled || call.destroyed) return false;
  if (call.write(response)) return true;
  const gone = new AbortController();
  const leave = () => gone.abort();
  call.once('cancelled', leave);
  call.once('close', leave);
  try {
    await once(call, 'drain', { signal: gone.signal });
  } catch {
    return false;
  } finally {
    call.off('cancelled', leave);
    call.off('close', leave);
  }
  return !call.cancelled;
}
