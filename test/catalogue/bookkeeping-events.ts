import { isStoreBound } from '../../src/event-store/store-bound-streams.js';
import { IDENTITY_STREAM } from '../../src/event-store/store-identity.js';
import { LEASE_STREAM_PREFIX } from '../../src/leases/lease-stream.js';
import { LAST_SEEN_EVENT_TYPE, LAST_SEEN_STREAM_PREFIX } from '../../src/ingestion/last-seen-snapshots.js';
import { RECEIPT_EVENT_TYPE, RECEIPT_STREAM_PREFIX } from '../../src/ingestion/receipt.js';

export interface BookkeepingEvent {
  readonly type: string;
  /** Its name, with what changes in angle brackets. */
  readonly stream: string;
  readonly meaning: string;
  readonly isMoved: boolean;
}

/** The events that are none of the domain's: what Vigía writes down for itself. A test looks for each type that a run stores. */
export const BOOKKEEPING_EVENTS: readonly BookkeepingEvent[] = [
  event(RECEIPT_EVENT_TYPE, `${RECEIPT_STREAM_PREFIX}<log>-<topic>-<partition>`, 'What became of each record of a range of offsets (P2; [ADR 2](adr/0002-receipts.md)).'),
  event(LAST_SEEN_EVENT_TYPE, `${LAST_SEEN_STREAM_PREFIX}<log>-<partition>`, 'When each sensor of a partition was last heard of, and its usual interval; the newest whole snapshot counts ([ADR 17](adr/0017-silence-is-measured-in-the-path-s-own-time.md)).'),
  event('DeadLetterReplayed', 'dead-letters', 'An operator had an unreadable record put back at the end of its topic.'),
  event('DeadLetterDropped', 'dead-letters', 'An operator marked an unreadable record as of no use.'),
  event('CheckpointStored', 'checkpoint-<follower>', 'How far a follower of the events has come; the newest one counts.'),
  event('CountCheckpointStored', 'checkpoint-count-<log>', 'How far the alarms are on topic COUNT of a log; the newest one counts.'),
  event('LeaseTaken', `${LEASE_STREAM_PREFIX}<role>`, 'A process does a role’s work from now on, of which one at a time does it ([ADR 11](adr/0011-leases.md)).'),
  event('LeaseRenewed', `${LEASE_STREAM_PREFIX}<role>`, 'It still does; the newest event counts.'),
  event('LeaseReleased', `${LEASE_STREAM_PREFIX}<role>`, 'It does no more, and another may at once.'),
  event('StoreNamed', IDENTITY_STREAM, 'The id of the event store, by which checkpoints and read models are told from those of others.'),
  event('EventsBroughtFrom', IDENTITY_STREAM, 'Another event store whose events were brought here, and up to where.'),
];

function event(type: string, stream: string, meaning: string): BookkeepingEvent {
  return { type, stream, meaning, isMoved: !isStoreBound(stream) };
}
