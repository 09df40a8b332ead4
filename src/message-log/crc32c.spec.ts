import fc from 'fast-check';
import { crc32c, crc32cByTable } from './crc32c.js';

const ascending = Buffer.from(Uint8Array.from({ length: 32 }, (_, i) => i));

describe('crc32c', () => {
  // Source: RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRC algorithms.
  it.each([
    ['no byte', Buffer.alloc(0), 0],
    ['the digits 1 to 9', Buffer.from('123456789'), 0xe3069283],
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 times 255', Buffer.alloc(32, 255), 0x62a8ab43],
    ['0 to 31', ascending, 0x46dd794e],
    ['31 to 0', Buffer.from(ascending.toReversed()), 0x113fdb5c],
  ])('of %s is the published value', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  it('looks at the bytes from start to end only', () => {
    expect(crc32c(Buffer.from('xx123456789yyy'), 2, 11)).toBe(0xe3069283);
  });

  it('is the same in native code and by the tables, for every length and alignment', () => {
    const bytes = Buffer.from(Uint8Array.from({ length: 3000 }, (_, i) => (i * 167) ^ (i >> 3)));
    for (let length = 0; length < 600; length += 1) {
      const start = length % 17;
      expect(crc32c(bytes, start, start + length)).toBe(crc32cByTable(bytes, start, start + length));
    }
    const any = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 5000 }), fc.nat(15));
    fc.assert(
      fc.property(any, ([given, start]) => {
        const from = Math.min(start, given.length);
        expect(crc32c(Buffer.from(given), from)).toBe(crc32cByTable(given, from, given.length));
      }),
    );
  });
});
