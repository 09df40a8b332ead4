import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { DeleteReq, DeleteResp, TombstoneReq, TombstoneResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { AppendPlace } from './append-calls.js';
import type { AppendOutcome, Expected } from './event-log.js';
import { streamName } from './messages.js';
import { notReady, streamDeleted, wrongExpectedVersion } from './rpc-errors.js';

/** The numbers by which the server writes expectations that are no revision. */
const EXPECTED_NUMBERS = { any: -2, 'no-stream': -1, 'stream-exists': -4 } as const;

/** Delete: a soft deletion. */
export function deleteStream(place: AppendPlace, call: ServerUnaryCall<DeleteReq, DeleteResp>, reply: sendUnaryData<DeleteResp>): void {
  remove(place, call.request.getOptions(), 'soft', reply, (position) =>
    new streams.DeleteResp().setPosition(new streams.DeleteResp.Position().setCommitPosition(position).setPreparePosition(position)),
  );
}

/** Tombstone: for good. */
export function tombstoneStream(place: AppendPlace, call: ServerUnaryCall<TombstoneReq, TombstoneResp>, reply: sendUnaryData<TombstoneResp>): void {
  remove(place, call.request.getOptions(), 'tombstone', reply, (position) =>
    new streams.TombstoneResp().setPosition(new streams.TombstoneResp.Position().setCommitPosition(position).setPreparePosition(position)),
  );
}

function remove<T>(
  place: AppendPlace,
  options: DeleteReq.Options | TombstoneReq.Options | undefined,
  kind: 'soft' | 'tombstone',
  reply: sendUnaryData<T>,
  toResponse: (position: string) => T,
): void {
  if (place.faults.isNotReady) return reply(notReady());
  const stream = streamName(options?.getStreamIdentifier());
  const expected: Expected = options?.hasRevision()
    ? Number(options.getRevision())
    : options?.hasNoStream()
      ? 'no-stream'
      : options?.hasStreamExists()
        ? 'stream-exists'
        : 'any';
  const outcome: AppendOutcome = place.log.delete(stream, expected, kind);
  if (outcome.type === 'stream-deleted') return reply(streamDeleted(stream));
  if (outcome.type === 'wrong-expected-version') {
    const number = typeof expected === 'number' ? expected : EXPECTED_NUMBERS[expected];
    return reply(wrongExpectedVersion(kind === 'soft' ? 'Delete' : 'Tombstone', stream, String(number), outcome.current));
  }
  reply(null, toResponse(String(outcome.position)));
}
