import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { toPredicate, type EventPredicate } from './event-filter.js';
import { streamName, toReadEvent } from './messages.js';
import { send, type ReadCall, type ReadPlace } from './read-calls.js';
import { streamDeleted } from './rpc-errors.js';
import type { StoredEvent } from './stored-event.js';

/** Events that are considered at a time, and with the client's interval how many lie between two checkpoints. */
const DEFAULT_WINDOW = 32;

/** A live subscription that is further behind than this says so, and again when it has caught up. */
const FALLS_BEHIND = 2048;

/** Where a subscription reads on: by index into what is there now. */
interface Source {
  readonly readOf: 'stream' | 'all';
  at(index: number): StoredEvent | undefined;
  end(): number;
}

/** Confirmation, events, checkpoints of a filter, caught-up; then what comes, until the client leaves. */
export async function subscribe(place: ReadPlace, call: ReadCall, options: ReadReq.Options): Promise<void> {
  const number = place.faults.nextSubscription();
  const gone = new AbortController();
  call.once('cancelled', () => gone.abort());
  call.once('close', () => gone.abort());
  const found = options.hasAll() ? allFrom(place, options) : streamFrom(place, options);
  if (found === null) return void call.emit('error', streamDeleted(streamName(options.getStream()?.getStreamIdentifier())));
  await place.faults.whileStalled(number);
  await send(call, confirmation());
  const passes = toPredicate(options.getFilter());
  const interval = checkpointInterval(options);
  await follow(place, call, { ...found, passes, interval, number, signal: gone.signal });
}

interface Following {
  readonly source: Source;
  readonly from: number;
  readonly passes: EventPredicate;
  /** Considered events between two checkpoints; null without a filter. */
  readonly interval: number | null;
  readonly number: number;
  readonly signal: AbortSignal;
}

async function follow(place: ReadPlace, call: ReadCall, following: Following): Promise<void> {
  const { source, passes, interval, signal } = following;
  let index = following.from;
  let considered = 0;
  let isLive = false;
  while (!signal.aborted) {
    if (isLive && source.end() - index > FALLS_BEHIND) {
      isLive = false;
      await send(call, new streams.ReadResp().setFellBehind(new streams.ReadResp.FellBehind()));
    }
    for (; index < source.end() && !signal.aborted; index += 1) {
      const event = source.at(index);
      if (!event) continue;
      await place.faults.whileStalled(following.number);
      if (passes(event)) place.faults.sentEvents += 1;
      if (passes(event) && !(await send(call, new streams.ReadResp().setEvent(toReadEvent(event, source.readOf))))) return;
      considered += 1;
      if (interval !== null && considered % interval === 0) await send(call, checkpoint(event));
      if (considered % DEFAULT_WINDOW === 0) await nextTurn();
    }
    await place.faults.whileStalled(following.number);
    if (!isLive) await send(call, new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp()));
    isLive = true;
    if (index >= source.end()) await once(place.log.changes, 'appended', { signal }).catch(() => undefined);
  }
}

/**
 * After a position the server reads one event from there and goes on behind it, whether or not it stands at
 * exactly that position: so a subscriber after an event that was scavenged misses the next one.
 */
function allFrom(place: ReadPlace, options: ReadReq.Options): { source: Source; from: number } {
  const { log } = place;
  const all = options.getAll();
  const source: Source = { readOf: 'all', at: (index) => log.all[index], end: () => log.all.length };
  if (all?.hasEnd()) return { source, from: log.all.length };
  return { source, from: all?.hasPosition() ? log.indexAt(Number(all.getPosition()?.getCommitPosition())) + 1 : 0 };
}

/** Null for a stream with a tombstone. */
function streamFrom(place: ReadPlace, options: ReadReq.Options): { source: Source; from: number } | null {
  const from = options.getStream();
  const stream = streamName(from?.getStreamIdentifier());
  const view = () => place.log.view(stream);
  const now = view();
  if (now.type === 'deleted') return null;
  const source: Source = {
    readOf: 'stream',
    at: (index) => {
      const found = view();
      return found.type === 'found' && index >= found.first ? found.events[index] : undefined;
    },
    end: () => {
      const found = view();
      return found.type === 'found' ? found.events.length : 0;
    },
  };
  if (from?.hasEnd()) return { source, from: source.end() };
  return { source, from: from?.hasRevision() ? Number(from.getRevision()) + 1 : 0 };
}

function confirmation(): ReadResp {
  return new streams.ReadResp().setConfirmation(new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(randomUUID()));
}

function checkpoint(event: StoredEvent): ReadResp {
  const position = String(event.position);
  return new streams.ReadResp().setCheckpoint(new streams.ReadResp.Checkpoint().setCommitPosition(position).setPreparePosition(position));
}

function checkpointInterval(options: ReadReq.Options): number | null {
  const filter = options.getFilter();
  if (!filter) return null;
  return Math.max(1, filter.getCheckpointintervalmultiplier()) * (filter.hasMax() ? filter.getMax() : DEFAULT_WINDOW);
}
