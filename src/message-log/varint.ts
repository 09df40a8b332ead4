/** The zigzag varints of Kafka's records: 0, -1, 1, -2… are 0, 1, 2, 3… in groups of seven bits, lowest first. */

/** The most bytes that a 32-bit varint takes. */
export const MAX_VARINT_BYTES = 5;

/** How many bytes `value`, an int32, takes. */
export function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x200000) return 3;
  return zigzag < 0x10000000 ? 4 : MAX_VARINT_BYTES;
}

/** Writes `value`, an int32, at `at` and gives the place after it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  while (zigzag >= 0x80) {
    bytes[at++] = (zigzag & 0x7f) | 0x80;
    zigzag >>>= 7;
  }
  bytes[at++] = zigzag;
  return at;
}
