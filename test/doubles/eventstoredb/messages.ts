import type { BatchAppendReq, AppendReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { TOMBSTONE_REVISION, type ProposedEvent, type StoredEvent } from './stored-event.js';

/** .NET counts 100 ns from here in `created`; the server sends them since 1970. */
const TICKS_PER_MS = 10_000n;

export function streamName(identifier: StreamIdentifier | undefined): string {
  return Buffer.from(identifier?.getStreamName_asU8() ?? []).toString();
}

export function toIdentifier(stream: string): StreamIdentifier {
  return new shared.StreamIdentifier().setStreamName(Uint8Array.from(Buffer.from(stream)));
}

export function toUuid(id: string): UUID {
  return new shared.UUID().setString(id);
}

export function uuidText(uuid: UUID | undefined): string {
  if (!uuid?.hasStructured()) return (uuid?.getString() ?? '').toLowerCase();
  const bits = uuid.getStructured();
  const half = (value: string | undefined) => BigInt.asUintN(64, BigInt(value ?? 0)).toString(16).padStart(16, '0');
  const hex = half(bits?.getMostSignificantBits()) + half(bits?.getLeastSignificantBits());
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export function toProposed(message: AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage): ProposedEvent {
  const metadata = message.getMetadataMap();
  return {
    id: uuidText(message.getId()),
    type: metadata.get('type') ?? '',
    isJson: metadata.get('content-type') === 'application/json',
    data: Buffer.from(message.getData_asU8()),
    metadata: Buffer.from(message.getCustomMetadata_asU8()),
  };
}

/** Reads of a stream name the start of the append as the prepare position, reads of $all the event's own. */
export function toReadEvent(event: StoredEvent, readOf: 'stream' | 'all'): ReadResp.ReadEvent {
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(toUuid(event.id))
    .setStreamIdentifier(toIdentifier(event.stream))
    .setStreamRevision(revisionText(event.revision))
    .setCommitPosition(String(event.position))
    .setPreparePosition(String(readOf === 'all' ? event.position : event.transaction))
    .setData(Uint8Array.from(event.data))
    .setCustomMetadata(Uint8Array.from(event.metadata));
  recorded.getMetadataMap().set('type', event.type);
  recorded.getMetadataMap().set('content-type', event.isJson ? 'application/json' : 'application/octet-stream');
  recorded.getMetadataMap().set('created', String(BigInt(event.created) * TICKS_PER_MS));
  const read = new streams.ReadResp.ReadEvent().setEvent(recorded);
  return readOf === 'all' ? read.setCommitPosition(String(event.position)) : read.setNoPosition(new shared.Empty());
}

function revisionText(revision: number): string {
  return revision === TOMBSTONE_REVISION ? String(2n ** 63n - 1n) : String(revision);
}
