import { shortXxh32 } from './short-xxh32.js';

/** As lz4-java 1.10.2 computes them. */
const KNOWN: [string, number][] = [
  ['', 0x2cc5d05],
  ['a', 0x550d7456],
  ['abc', 0x32d153ff],
  ['abcd', 0xa3643705],
  ['Vigía', 0x5d454835],
  ['123456789012345', 0xda7b17e8],
];

describe('xxHash 32 of few bytes', () => {
  it.each(KNOWN)('of %j is as lz4-java has it', (text, hash) => expect(shortXxh32(Buffer.from(text))).toBe(hash));

  it('refuses what it cannot do', () => expect(() => shortXxh32(Buffer.alloc(16))).toThrow('16 bytes, expected fewer than 16'));
});
