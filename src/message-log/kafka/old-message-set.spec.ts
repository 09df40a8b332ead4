import fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { describeRecord, fixtureBytes, fixtureContent, fixtureNames, type ExpectedRecord } from '../../../test/support/kafka-fixtures.js';
import { CorruptRecordBatch } from '../record-batch.js';
import { decodeOldMessageSet } from './old-message-set.js';

const names = [...fixtureNames('v0.'), ...fixtureNames('v1.')];

function expectedOf(name: string): ExpectedRecord[] {
  return (fixtureContent(name) as ExpectedRecord[]).map((record) => ({ ...record, headers: {} }));
}

/** The message at the beginning changed, and its check sum made right again. */
function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  copy.writeUInt32BE(crc32(copy.subarray(16, 12 + copy.readInt32BE(8))), 12);
  return copy;
}

describe('old message set', () => {
  it('has fixtures of both versions and every codec of their time', () => {
    expect(names).toEqual([
      ...['v0.gzip', 'v0.lz4', 'v0.none', 'v0.snappy'],
      ...['v1.gzip', 'v1.log-append-time.gzip', 'v1.log-append-time.none', 'v1.lz4', 'v1.none', 'v1.snappy'],
    ]);
  });

  it.each(names)('reads %s as Kafka does', (name) => {
    const bytes = fixtureBytes(name);
    const { records, nextOffset, end } = decodeOldMessageSet(bytes);
    expect(records.map(describeRecord)).toEqual(expectedOf(name));
    expect({ nextOffset, end }).toEqual({ nextOffset: records.at(-1)!.offset + 1, end: bytes.length });
  });

  it.each(names)('reads %s cut at any byte up to the cut message', (name) => {
    const bytes = fixtureBytes(name);
    const expected = expectedOf(name);
    for (let length = 0; length < bytes.length; length += 1) {
      const { records, nextOffset, end } = decodeOldMessageSet(bytes.subarray(0, length));
      expect(end).toBeLessThanOrEqual(length);
      expect(records.length).toBeLessThan(expected.length);
      expect(nextOffset).toBe(records.length === 0 ? null : records.at(-1)!.offset + 1);
      expect(records.map(({ offset }) => offset)).toEqual(expected.slice(0, records.length).map(({ offset }) => offset));
    }
  });

  it('stops where record batches of version 2 begin', () => {
    const old = fixtureBytes('v1.snappy');
    const { records, end } = decodeOldMessageSet(Buffer.concat([old, fixtureBytes('v2.500-records.none')]));
    expect({ records: records.length, end }).toEqual({ records: 10, end: old.length });
  });

  it.each(names)('gives the right records of %s with changed bytes, or a corrupt batch', (name) => {
    const bytes = fixtureBytes(name);
    const contents = (set: Buffer) => decodeOldMessageSet(set).records.map((record) => JSON.stringify({ ...describeRecord(record), offset: 0 }));
    const expected = contents(bytes);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const copy = Buffer.from(bytes);
        copy[at] = value;
        try {
          // A changed size or version may end the set early, and offsets are not under the check sum.
          const got = contents(copy);
          expect(got).toEqual(expected.slice(0, got.length));
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptRecordBatch);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each(names)('survives changes of %s that its check sum hides', (name) => {
    const bytes = fixtureBytes(name);
    const firstEnd = 12 + bytes.readInt32BE(8);
    fc.assert(
      fc.property(fc.integer({ min: 16, max: firstEnd - 1 }), fc.nat(255), (at, value) => {
        try {
          decodeOldMessageSet(changed(bytes, (copy) => (copy[at] = value)));
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptRecordBatch);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['a wrong check sum', Buffer.from(fixtureBytes('v1.none')).fill(0, 12, 16), /at offset 4294967299 has CRC-32 \d+, stored is 0/],
    ['an unknown version', Buffer.from(fixtureBytes('v1.none')).fill(3, 16, 17), /format version 3, expected 0 or 1/],
    ['an impossible size', Buffer.from(fixtureBytes('v1.none')).fill(0xff, 8, 12), /says it has -1 bytes/],
    ['an unknown codec', changed(fixtureBytes('v1.none'), (copy) => (copy[17] = 7)), /unknown compression type 7/],
    ['a key that goes past the end', changed(fixtureBytes('v0.none'), (copy) => copy.writeInt32BE(1000, 18)), /a key or value of the message at offset 4294967299 goes past its end/],
    ['a wrapper without a value', changed(fixtureBytes('v0.none'), (copy) => (copy.writeUInt8(1, 17), copy.writeInt32BE(-1, 27))), /at offset 4294967299 has no value/],
  ])('names %s', (_, bytes, message) => {
    expect(() => decodeOldMessageSet(bytes)).toThrow(CorruptRecordBatch);
    expect(() => decodeOldMessageSet(bytes)).toThrow(message);
  });
});
