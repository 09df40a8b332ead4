import fc from 'fast-check';
import type { LogRecord } from './message-log.js';
import { verifyRecordBatch, encodeRecordBatch, recordSizeBound, HEADER_BYTES, type RecordToEncode } from './record-batch.js';
import { RecordCursor } from './record-cursor.js';

const SOURCE_FORM = '{"42959", "true", "false", "25.5", "30.0"}';

/** Two records from offset 4294967299 on, appended at 1763956434120; kafkajs 2.2.4 decodes these bytes to the same. */
const GOLDEN = Buffer.from(
  '0000000100000003' + // base offset
    '00000084' + // length of what follows
    '00000000' + // partition leader epoch
    '02' + // format version
    'f05b6276' + // CRC-32C
    '0008' + // attributes: log append time
    '00000001' + // last offset delta
    '0000019ab3ff24c8' + // base timestamp
    '0000019ab3ff24c8' + // max timestamp
    'ffffffffffffffff' + 'ffff' + 'ffffffff' + // no producer id, epoch, sequence
    '00000002' + // record count
    '6a' + '00' + '00' + '00' + // length 53, attributes, timestamp delta 0, offset delta 0
    '0a' + '3432393539' + // key
    '54' + '7b223432393539222c202274727565222c202266616c7365222c202232352e35222c202233302e30227d' + // value
    '00' + // no header
    '38' + '00' + '00' + '02' + // length 28, attributes, timestamp delta 0, offset delta 1
    '01' + '01' + // null key, null value
    '04' + // two headers
    '0c' + '726561736f6e' + '0e' + 'c2bf7175c3a93f' + // reason: ¿qué?
    '0a' + '656d707479' + '00', // empty: ''
  'hex',
);

const goldenRecords: RecordToEncode[] = [
  { key: '42959', value: Buffer.from(SOURCE_FORM) },
  { key: null, value: null, headers: { reason: '¿qué?', empty: '' } },
];

function decode(bytes: Buffer, start = 0): LogRecord[] {
  const cursor = new RecordCursor(bytes, verifyRecordBatch(bytes, start));
  const records: LogRecord[] = [];
  while (cursor.next()) records.push(cursor.record());
  return records;
}

/** The bytes with their check sum made right again, to get at what lies behind it. */
function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = value;
  try {
    verifyRecordBatch(changed);
  } catch (error) {
    const computed = /CRC-32C ([0-9a-f]{8}),/.exec(String(error))?.[1];
    if (computed) changed.write(computed, 17, 'hex');
  }
  return changed;
}

describe('record batch', () => {
  it('is encoded to the bytes of the protocol', () => {
    expect(encodeRecordBatch(goldenRecords, 4294967299, 1763956434120).toString('hex')).toBe(GOLDEN.toString('hex'));
  });

  it('is read from the bytes of the protocol', () => {
    expect(decode(GOLDEN)).toEqual([
      { offset: 4294967299, key: Buffer.from('42959'), value: Buffer.from(SOURCE_FORM), headers: {}, appendedAtMs: 1763956434120 },
      { offset: 4294967300, key: null, value: null, headers: { reason: '¿qué?', empty: '' }, appendedAtMs: 1763956434120 },
    ]);
  });

  it('gives back what was encoded, wherever in a buffer it stands', () => {
    const record = fc.record({
      key: fc.option(fc.string({ unit: 'grapheme' })),
      value: fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))),
      headers: fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' }), { maxKeys: 3, noNullPrototype: true }),
    });
    const records = fc.array(record, { minLength: 1, maxLength: 200 });
    const place = fc.record({ offset: fc.maxSafeNat(), timeMs: fc.maxSafeNat(), before: fc.nat(9), after: fc.nat(9) });
    fc.assert(
      fc.property(records, place, (sent, { offset, timeMs, before, after }) => {
        const base = Math.min(offset, Number.MAX_SAFE_INTEGER - sent.length);
        const batch = encodeRecordBatch(sent, base, timeMs);
        const got = decode(Buffer.concat([Buffer.alloc(before, 7), batch, Buffer.alloc(after, 7)]), before);
        expect(got).toEqual(
          sent.map(({ key, value, headers }, index) => ({
            offset: base + index, key: key === null ? null : Buffer.from(key), value, headers, appendedAtMs: timeMs,
          })),
        );
        const bound = sent.reduce((sum, each) => sum + recordSizeBound(each), HEADER_BYTES);
        expect(batch.length).toBeLessThanOrEqual(bound);
      }),
      { numRuns: 200 },
    );
  });

  it('takes the length of each value at the edges of its varint', () => {
    for (const length of [0, 1, 63, 64, 8191, 8192, 65_536, 1_048_575, 1_048_576]) {
      const value = Buffer.alloc(length, 3);
      expect(decode(encodeRecordBatch([{ key: 'k', value }], 0, 0))[0]!.value!.equals(value)).toBe(true);
    }
  });

  it('gives a header named __proto__ as any other', () => {
    const headers = Object.fromEntries([['__proto__', 'x']]);
    const [record] = decode(encodeRecordBatch([{ key: null, value: null, headers }], 0, 0));
    expect(Object.entries(record!.headers)).toEqual([['__proto__', 'x']]);
  });

  it('reads the producer’s own times, and that the values point into the batch', () => {
    // Create time instead of append time, and the second record 5 ms before the first.
    const created = withByte(withByte(GOLDEN, 22, 0), 61 + 54 + 2, 9);
    const cursor = new RecordCursor(created, verifyRecordBatch(created));
    cursor.next();
    expect(cursor.record().appendedAtMs).toBe(1763956434120);
    expect(created.toString('utf8', cursor.valueStart, cursor.valueEnd)).toBe(SOURCE_FORM);
    cursor.next();
    expect(cursor.record().appendedAtMs).toBe(1763956434115);
    expect([cursor.valueStart, cursor.valueEnd]).toEqual([-1, -1]);
    expect(cursor.next()).toBe(false);
  });

  it('says that any changed byte under the check sum is a fault', () => {
    for (let at = 17; at < GOLDEN.length; at += 1) {
      const damaged = Buffer.from(GOLDEN);
      damaged[at]! ^= 0x10;
      expect(() => verifyRecordBatch(damaged)).toThrow(/CRC-32C [0-9a-f]{8}, stored is [0-9a-f]{8}/);
    }
  });

  it('says what is wrong with a batch that is cut, of another version or compressed', () => {
    expect(() => verifyRecordBatch(GOLDEN.subarray(0, 60))).toThrow('60 bytes left');
    expect(() => verifyRecordBatch(GOLDEN.subarray(0, 100))).toThrow('it says it has 144 bytes, 100 are there');
    expect(() => verifyRecordBatch(withByte(GOLDEN, 16, 1))).toThrow('format version 1, expected 2');
    expect(() => decode(withByte(GOLDEN, 22, 0x0a))).toThrow('compression type 2');
  });

  it('never reads past its end when lengths inside are wrong though the check sum is right', () => {
    expect(() => decode(withByte(GOLDEN, 61, 0x7e))).toThrow(/^corrupt record batch/);
    expect(() => decode(withByte(GOLDEN, 65, 0x7f & ~1))).toThrow(/a key of 63 and a value/);
    const inner = fc.tuple(fc.integer({ min: 61, max: GOLDEN.length - 1 }), fc.nat(255));
    fc.assert(
      fc.property(inner, ([at, value]) => {
        try {
          for (const record of decode(withByte(GOLDEN, at, value))) {
            expect((record.value?.length ?? 0) + (record.key?.length ?? 0)).toBeLessThan(GOLDEN.length);
          }
        } catch (error) {
          expect(error).toMatchObject({ name: 'CorruptRecordBatch' });
        }
      }),
    );
  });
});
