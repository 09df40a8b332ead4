import { setTimeout as delay } from 'node:timers/promises';
import type { sendUnaryData, ServerDuplexStream, ServerReadableStream } from '@grpc/grpc-js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import statusPb from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { AppendReq, AppendResp, BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import type { Message } from 'google-protobuf';
import type { AppendOutcome, EventLog, Expected } from './event-log.js';
import type { Faults } from './faults.js';
import { streamName, toIdentifier, toProposed } from './messages.js';
import { maxAppendSizeExceeded, notReady, streamDeleted } from './rpc-errors.js';
import { sizeOnDisk, type ProposedEvent } from './stored-event.js';

/** The server's default for all events of one append together. */
export const MAX_APPEND_BYTES = 1024 * 1024;

/** google.rpc.Code, of which the client reads nothing. */
const UNKNOWN = 2;

/** What appends need; `cutConnections` breaks all connections as a failing network does. */
export interface AppendPlace {
  readonly log: EventLog;
  readonly faults: Faults;
  cutConnections(): void;
}

/** Append: one call an append, the first message with the options, then one per event. */
export function append(place: AppendPlace, call: ServerReadableStream<AppendReq, AppendResp>, reply: sendUnaryData<AppendResp>): void {
  if (place.faults.isNotReady) return reply(notReady());
  let stream = '';
  let expected: Expected = 'any';
  const events: ProposedEvent[] = [];
  call.on('data', (message: AppendReq) => {
    const [options, proposed] = [message.getOptions(), message.getProposedMessage()];
    if (options) {
      stream = streamName(options.getStreamIdentifier());
      expected = expectedOf(options, () => options.getRevision(), options.hasRevision());
    }
    if (proposed) events.push(toProposed(proposed));
  });
  call.on('error', () => {});
  call.on('end', () => {
    void (async () => {
      if (events.some((event) => event.type === '')) return reply({ code: 3, details: "Required Metadata Property 'type' is missing" });
      if (bytesOf(events) > MAX_APPEND_BYTES) return reply(maxAppendSizeExceeded(MAX_APPEND_BYTES));
      const outcome = await apply(place, stream, events, expected);
      if (outcome === null) return;
      if (outcome === 'timeout') return reply({ code: 10, details: 'Operation timed out: Prepare phase timeout.' });
      if (outcome.type === 'stream-deleted') return reply(streamDeleted(stream));
      reply(null, toAppendResp(outcome, expected));
    })();
  });
}

/** BatchAppend: one call for the life of a client; an append may come in several messages, and answers name it by its correlation id. */
export function batchAppend(place: AppendPlace, call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>): void {
  if (place.faults.isNotReady) {
    call.emit('error', notReady());
    return;
  }
  place.faults.openedBatchStreams += 1;
  const pending = new Map<string, { stream: string; expected: Expected; deadline: number; events: ProposedEvent[] }>();
  let unanswered = 0;
  let isEnding = false;
  const endWhenAnswered = () => {
    if (isEnding && unanswered === 0) call.end();
  };
  const answer = (request: BatchAppendReq, stream: string, response: BatchAppendResp) => {
    if (call.cancelled || call.destroyed) return;
    call.write(response.setCorrelationId(request.getCorrelationId()).setStreamIdentifier(toIdentifier(stream)));
  };
  call.on('error', () => {});
  call.on('end', () => {
    isEnding = true;
    endWhenAnswered();
  });
  call.on('data', (request: BatchAppendReq) => {
    const key = JSON.stringify(request.getCorrelationId()?.toObject());
    const options = request.getOptions();
    if (options) {
      const stream = streamName(options.getStreamIdentifier());
      const expected = expectedOf(options, () => options.getStreamPosition(), options.hasStreamPosition());
      const deadline = options.getDeadline()?.toDate().getTime() ?? Infinity;
      if (deadline <= Date.now()) return answer(request, stream, failed('event_store.client.Timeout', new shared.Timeout()));
      pending.set(key, { stream, expected, deadline, events: [] });
    }
    const append = pending.get(key);
    if (!append) return;
    append.events.push(...request.getProposedMessagesList().map(toProposed));
    if (bytesOf(append.events) > MAX_APPEND_BYTES) {
      pending.delete(key);
      const error = new shared.MaximumAppendSizeExceeded().setMaxappendsize(MAX_APPEND_BYTES);
      return answer(request, append.stream, failed('event_store.client.MaximumAppendSizeExceeded', error));
    }
    if (!request.getIsFinal()) return;
    pending.delete(key);
    unanswered += 1;
    void (async () => {
      const outcome = await apply(place, append.stream, append.events, append.expected);
      unanswered -= 1;
      if (outcome !== null) answer(request, append.stream, toBatchAppendResp(outcome, append.stream, append.expected));
      endWhenAnswered();
    })();
  });
}

/** Null when there is to be no answer. Applied before anything is awaited, so in the order in which appends came. */
async function apply(place: AppendPlace, stream: string, events: readonly ProposedEvent[], expected: Expected): Promise<AppendOutcome | 'timeout' | null> {
  const { faults } = place;
  if (faults.isSilent || faults.take('swallowedAppends')) return null;
  if (faults.take('timedOutAppends')) return 'timeout';
  if (faults.take('cutsBeforeApplying')) return cut(place);
  const outcome = place.log.append(stream, events, expected);
  if (faults.take('cutsAfterApplying')) return cut(place);
  await faults.beforeAnswer();
  return outcome;
}

async function cut(place: AppendPlace): Promise<null> {
  await delay(1);
  place.cutConnections();
  return null;
}

function expectedOf(options: { hasAny(): boolean; hasNoStream(): boolean; hasStreamExists(): boolean }, revision: () => string, hasRevision: boolean): Expected {
  if (hasRevision) return Number(revision());
  if (options.hasNoStream()) return 'no-stream';
  return options.hasStreamExists() ? 'stream-exists' : 'any';
}

function bytesOf(events: readonly ProposedEvent[]): number {
  return events.reduce((sum, event) => sum + sizeOnDisk(event), 0);
}

function toAppendResp(outcome: Exclude<AppendOutcome, { type: 'stream-deleted' }>, expected: Expected): AppendResp {
  const response = new streams.AppendResp();
  if (outcome.type === 'wrong-expected-version') {
    const wrong = new streams.AppendResp.WrongExpectedVersion();
    if (outcome.current < 0) wrong.setCurrentNoStream(new shared.Empty());
    else wrong.setCurrentRevision(String(outcome.current));
    if (typeof expected === 'number') wrong.setExpectedRevision(String(expected));
    else if (expected === 'no-stream') wrong.setExpectedNoStream(new shared.Empty());
    else if (expected === 'stream-exists') wrong.setExpectedStreamExists(new shared.Empty());
    else wrong.setExpectedAny(new shared.Empty());
    return response.setWrongExpectedVersion(wrong);
  }
  const success = new streams.AppendResp.Success().setCurrentRevision(String(outcome.lastRevision));
  const position = positionText(outcome.position);
  return response.setSuccess(success.setPosition(new streams.AppendResp.Position().setCommitPosition(position).setPreparePosition(position)));
}

function toBatchAppendResp(outcome: AppendOutcome | 'timeout', stream: string, expected: Expected): BatchAppendResp {
  if (outcome === 'timeout') return failed('event_store.client.Timeout', new shared.Timeout());
  if (outcome.type === 'stream-deleted') {
    return failed('event_store.client.StreamDeleted', new shared.StreamDeleted().setStreamIdentifier(toIdentifier(stream)));
  }
  if (outcome.type === 'wrong-expected-version') {
    const wrong = new shared.WrongExpectedVersion();
    if (outcome.current < 0) wrong.setCurrentNoStream(new emptyPb.Empty());
    else wrong.setCurrentStreamRevision(String(outcome.current));
    if (typeof expected === 'number') wrong.setExpectedStreamPosition(String(expected));
    else if (expected === 'no-stream') wrong.setExpectedNoStream(new emptyPb.Empty());
    else if (expected === 'stream-exists') wrong.setExpectedStreamExists(new emptyPb.Empty());
    else wrong.setExpectedAny(new emptyPb.Empty());
    return failed('event_store.client.WrongExpectedVersion', wrong);
  }
  const position = positionText(outcome.position);
  const success = new streams.BatchAppendResp.Success()
    .setCurrentRevision(String(outcome.lastRevision))
    .setPosition(new shared.AllStreamPosition().setCommitPosition(position).setPreparePosition(position));
  return new streams.BatchAppendResp().setSuccess(success);
}

function failed(type: string, details: Message): BatchAppendResp {
  const packed = new anyPb.Any();
  packed.pack(details.serializeBinary(), type);
  const error: Status = new statusPb.Status().setCode(UNKNOWN).setMessage(type).setDetails(packed);
  return new streams.BatchAppendResp().setError(error);
}

/** The server's -1, as an unsigned number, where it does not know the position. */
function positionText(position: number | null): string {
  return position === null ? String(2n ** 64n - 1n) : String(position);
}
