/**
 * Zigzag varints of Kafka's records of up to four bytes, taken from the four bytes at their place.
 * Branches, not arithmetic: their outcome is foreseen by the processor, which then does not wait for the bytes.
 */

/** How many bytes it takes; 5 for a longer one, which has no value. */
@inline
export function varintBytes(word: u32): usize {
  if (!(word & 0x80)) return 1;
  if (!(word & 0x8000)) return 2;
  if (!(word & 0x800000)) return 3;
  return word & 0x80000000 ? 5 : 4;
}

@inline
export function varintValue(word: u32): i32 {
  let zigzag = word & 0x7f;
  if (word & 0x80) {
    zigzag |= (word >> 1) & 0x3f80;
    if (word & 0x8000) {
      zigzag |= (word >> 2) & 0x1fc000;
      if (word & 0x800000) zigzag |= (word >> 3) & 0xfe00000;
    }
  }
  return <i32>(zigzag >> 1) ^ -(<i32>zigzag & 1);
}
