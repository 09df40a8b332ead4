import { varintBytes, varintValue } from '../../message-log/assembly/varint';
import { see } from './last-seen';
import { LOOK_AHEAD, pastUsualReading, usualId } from './usual-reading';

export {
  lastSeenDirectory, lastSeenEntry, lastSeenMostPages, lastSeenPages, lastSeenPagesUsed, lastSeenRefused, now, seeSensor,
} from './last-seen';

/** What the caller puts a part of a batch into; what lies behind is there to be looked at and does not count. */
export const windowBytes: i32 = 0x40000;
const WINDOW = memory.data(0x40000 + LOOK_AHEAD, 16);
export const window: i32 = <i32>WINDOW;

/** Where the last record begins that the last call has passed over. */
export let lastStart: i32 = 0;

/**
 * Passes over the records from `start` on, in a window that is filled up to `end`, as long as each has the next offset, the
 * first one `offsetDelta`, and is for certain a normal reading; at most `limit`. Gives their number.
 */
export function pass(start: i32, end: i32, offsetDelta: i32, limit: i32): i32 {
  const windowEnd = WINDOW + end;
  let at = WINDOW + start;
  let last = at;
  let passed = 0;
  while (passed < limit && at < windowEnd) {
    const recordEnd = pastUsualRecord(at, windowEnd, offsetDelta + passed);
    if (recordEnd == NOT_SURE) break;
    last = at;
    at = recordEnd;
    passed += 1;
  }
  lastStart = <i32>(last - WINDOW);
  return passed;
}

const NOT_SURE: usize = 0;

/** Where the record at `start` ends; 0 when it is not whole, has another offset, or is not for certain a normal reading. */
@inline
function pastUsualRecord(start: usize, windowEnd: usize, offsetDelta: i32): usize {
  let at = start;
  let word = load<u32>(at);
  let bytes = varintBytes(word);
  const length = varintValue(word);
  at += bytes;
  const end = at + length;
  if (bytes > 4 || length < 0 || end > windowEnd) return NOT_SURE;

  at += 1; // attributes: none is defined
  bytes = varintBytes(load<u32>(at)); // the time
  if (bytes > 4) return NOT_SURE;
  at += bytes;
  word = load<u32>(at);
  bytes = varintBytes(word);
  if (bytes > 4 || varintValue(word) != offsetDelta) return NOT_SURE;
  at += bytes;

  word = load<u32>(at);
  bytes = varintBytes(word);
  const keyLength = varintValue(word);
  at += bytes;
  if (keyLength > 0) at += keyLength;
  if (bytes > 4 || at >= end) return NOT_SURE;

  word = load<u32>(at);
  bytes = varintBytes(word);
  const valueLength = varintValue(word);
  at += bytes;
  const valueEnd = at + valueLength;
  // Behind the value there is at least the number of headers.
  if (bytes > 4 || valueLength < 0 || valueEnd >= end) return NOT_SURE;
  if (pastUsualReading(at) != valueEnd) return NOT_SURE;
  see(usualId);
  return end;
}
