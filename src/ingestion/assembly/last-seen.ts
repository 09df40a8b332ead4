/**
 * When each sensor was heard of last, and how far apart its readings are: kept here, since nearly all readings are normal and
 * are seen by nobody else. Eight bytes a sensor, in pages of 4,096 ids that are taken as ids come; so that any int32 may be an
 * id, there is a directory of all pages that there could be. Sensors on a page for which there is no room are counted, and not kept.
 *
 * An entry is two little-endian words: the time of the last reading, 0 for none, in tenths of a second of whatever clock sets `now`;
 * and, from its highest bit on, a flag of the caller's, 7 bits for the number of gaps seen (127 for more), and 24 for the longest usual
 * gap in the same tenths.
 */
export const lastSeenMostPages: i32 = 256;

const PAGE_BITS: u32 = 12;
const ENTRY_BITS: u32 = 3;
/** 2^31 ids on pages of 4,096: the number of each page, from 1, 0 for one that was not taken. */
const directory = memory.data(0x80000 * 2, 16);
const pages = memory.data(256 * 0x1000 * 8, 16);
export const lastSeenDirectory: i32 = <i32>directory;
export const lastSeenPages: i32 = <i32>pages;

/** The time of the readings that are passed over. */
export let now: u32 = 0;
export let lastSeenPagesUsed: i32 = 0;
/** Readings of sensors for which there was no room. */
export let lastSeenRefused: u32 = 0;

const FLAG: u32 = 0x80000000;
const COUNT_SHIFT: u32 = 24;
const COUNT_MASK: u32 = 0x7f;
const GAP_MASK: u32 = 0xffffff;
/** The longest gap is forgotten by so much with each shorter one: a hundred readings later a half is left of it. */
const DECAY_SHIFT: u32 = 7;

/** A reading of a sensor at `now`. */
@inline
export function see(id: u32): void {
  const entry = entryOf(id);
  if (entry == 0) return;
  const before = load<u32>(entry);
  if (before == now) return;
  store<u32>(entry, now);
  // Where a sensor's readings come in two partitions, each has a time of its own.
  if (before != 0 && before < now) learn(entry, now - before);
}

/** What a gap says of the sensor's usual ones: one that is much longer than they are was an absence. */
@inline
function learn(entry: usize, gap: u32): void {
  const word = load<u32>(entry + 4);
  const usual = word & GAP_MASK;
  const count = (word >> COUNT_SHIFT) & COUNT_MASK;
  let next = usual - (usual >> DECAY_SHIFT);
  if (gap > usual) next = usual == 0 ? gap : min(gap, 2 * usual);
  store<u32>(entry + 4, (word & FLAG) | (min(count + 1, COUNT_MASK) << COUNT_SHIFT) | min(next, GAP_MASK));
}

/** The place of a sensor's entry, on a page that is taken for it if need be; 0 when there is none left. */
@inline
function entryOf(id: u32): usize {
  const slot = directory + <usize>((id >> PAGE_BITS) << 1);
  let page = <u32>load<u16>(slot);
  if (page == 0) {
    page = takePage(slot);
    if (page == 0) return 0;
  }
  return pages + <usize>(((page - 1) << (PAGE_BITS + ENTRY_BITS)) + ((id & <u32>(0x1000 - 1)) << ENTRY_BITS));
}

/** The number of a new page, from 1; 0 when there is none left. */
function takePage(slot: usize): u32 {
  if (lastSeenPagesUsed == lastSeenMostPages) {
    lastSeenRefused += 1;
    return 0;
  }
  lastSeenPagesUsed += 1;
  store<u16>(slot, <u16>lastSeenPagesUsed);
  return <u32>lastSeenPagesUsed;
}

/** The place of a sensor's entry, for whoever reads and writes it; 0 when there is no room for it. */
export function lastSeenEntry(id: u32): i32 {
  return <i32>entryOf(id);
}

/** As `see`, for the caller. */
export function seeSensor(id: u32): void {
  see(id);
}
