import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import lz4 from 'lz4-napi';
import snappy from 'snappy';
import { describeRecord, fixtureBytes, fixtureContent, fixtureNames, type ExpectedBatch } from '../../../test/support/kafka-fixtures.js';
import type { LogRecord } from '../message-log.js';
import { verifyRecordBatch, CorruptRecordBatch, HEADER_BYTES } from '../record-batch.js';
import { RecordCursor } from '../record-cursor.js';
import { decompress } from './decompress.js';
import { decompressZstd, loadWasmFrame, nativeFrame } from './zstd-frames.js';

const CODECS = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;
type CodecName = keyof typeof CODECS;
const codecNames = Object.keys(CODECS) as CodecName[];

/** The section of records that all the fixtures `section.*` were made of. */
const EDGE_SECTION = fixtureBytes('v2.edge-records.none').subarray(HEADER_BYTES);

function recordsOf(batch: Buffer): LogRecord[] {
  const header = verifyRecordBatch(batch);
  const section = decompress(header.compression, batch.subarray(header.recordsStart, header.end));
  const cursor = new RecordCursor(section, { ...header, compression: 0, recordsStart: 0, end: section.length });
  const records: LogRecord[] = [];
  while (cursor.next()) records.push(cursor.record());
  return records;
}

/** What the call gives or throws, the latter only if it is the error that callers are told of. */
function outcome<T>(call: () => T): T | 'corrupt' {
  try {
    return call();
  } catch (error) {
    if (error instanceof CorruptRecordBatch) return 'corrupt';
    throw error;
  }
}

/** Some bytes changed, and sometimes cut or grown. */
function mutated(bytes: Buffer): fc.Arbitrary<Buffer> {
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
  const changes = fc.array(change, { minLength: 1, maxLength: 4 });
  const length = fc.oneof({ weight: 3, arbitrary: fc.constant(bytes.length) }, { weight: 1, arbitrary: fc.nat(bytes.length + 9) });
  return fc.tuple(changes, length).map(([places, size]) => {
    const copy = Buffer.alloc(size);
    bytes.copy(copy);
    for (const [at, value] of places) if (at < size) copy[at] = value;
    return copy;
  });
}

/** An lz4 frame without check sums: a header for blocks of 64 kB, `blocks`, the end mark. */
function lz4Frame(blocks: readonly Buffer[]): Buffer {
  const sized = blocks.flatMap((block) => [Buffer.from(Uint32Array.of(block.length).buffer), block]);
  return Buffer.concat([Buffer.from('04224d18604082', 'hex'), ...sized, Buffer.alloc(4)]);
}

/** A zstd frame without size and check sum whose blocks each are 128 kB of one byte. */
function zstdFrame(blocks: number): Buffer {
  const block = (isLast: boolean) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUIntLE((131072 << 3) | (1 << 1) | Number(isLast), 0, 3);
    return bytes;
  };
  const header = Buffer.from('28b52ffd0038', 'hex');
  return Buffer.concat([header, ...Array.from({ length: blocks }, (_, index) => block(index === blocks - 1))]);
}

describe('decompress', () => {
  it.each(fixtureNames('v2.'))('reads %s as Kafka does', (name) => {
    const expected = fixtureContent(name) as ExpectedBatch;
    const bytes = fixtureBytes(name);
    const { baseOffset, lastOffset, isControl } = verifyRecordBatch(bytes);
    expect({ baseOffset, lastOffset, isControl }).toEqual({
      baseOffset: expected.baseOffset,
      lastOffset: expected.lastOffset,
      isControl: expected.isControl,
    });
    expect(recordsOf(bytes).map(describeRecord)).toEqual(expected.records);
  });

  it.each(fixtureNames('section.'))('reads %s', (name) => {
    const codec = name.split('.')[2]!.split('-')[0] as CodecName;
    expect(decompress(CODECS[codec], fixtureBytes(name)).equals(EDGE_SECTION)).toBe(true);
  });

  it('has fixtures of every codec', () => {
    const codecs = new Set(fixtureNames('v2.').map((name) => name.split('.').at(-1)));
    expect([...codecs].sort()).toEqual(['gzip', 'lz4', 'none', 'snappy', 'zstd']);
  });

  it('leaves what is not compressed as it is', () => expect(decompress(0, EDGE_SECTION)).toBe(EDGE_SECTION));

  it.each([5, 6, 7])('names the unknown codec %d', (codec) => {
    expect(() => decompress(codec, EDGE_SECTION)).toThrow(new CorruptRecordBatch(`unknown compression type ${codec}, known are 0 to 4`));
  });

  it.each(codecNames)('names %s and what was wrong with its bytes', (name) => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('not compressed at all'), fixtureBytes(`v2.500-records.${name}`).subarray(HEADER_BYTES, -1)]) {
      expect(() => decompress(CODECS[name], bytes)).toThrow(CorruptRecordBatch);
      expect(() => decompress(CODECS[name], bytes)).toThrow(new RegExp(`corrupt record batch: ${name}, ${bytes.length} bytes: .{5,}`));
    }
  });

  it('joins snappy-java streams that follow one another', () => {
    const stream = fixtureBytes('v2.edge-records.snappy').subarray(HEADER_BYTES);
    expect(decompress(2, Buffer.concat([stream, stream]))).toEqual(Buffer.concat([EDGE_SECTION, EDGE_SECTION]));
  });

  it('notices a changed byte behind the check sums of lz4 and zstd', () => {
    for (const [codec, name] of [[3, 'lz4-linked'], [4, 'zstd-22']] as const) {
      const bytes = Buffer.from(fixtureBytes(`section.edge-records.${name}`));
      bytes[bytes.length - 1]! ^= 1;
      expect(() => decompress(codec, bytes)).toThrow(CorruptRecordBatch);
    }
  });

  describe('of changed bytes', () => {
    const samples = codecNames.flatMap((name) => [`v2.1-record.${name}`, `v2.500-records.${name}`]);

    it.each(samples)('of a batch, %s, gives the right records or a corrupt batch', (name) => {
      const batch = fixtureBytes(name);
      const records = recordsOf(batch).map(describeRecord);
      fc.assert(
        fc.property(mutated(batch), (bytes) => {
          const got = outcome(() => recordsOf(bytes).map(describeRecord));
          // Offset and leader epoch of the batch are not under its check sum.
          if (got !== 'corrupt' && bytes.readBigInt64BE(0) === batch.readBigInt64BE(0)) expect(got).toEqual(records);
        }),
        { numRuns: 300 },
      );
    });

    it.each([...samples, ...fixtureNames('section.')])('of a section, %s, gives bytes within the bound or a corrupt batch', (name) => {
      const isBatch = name.startsWith('v2.');
      const codec = CODECS[(isBatch ? name.split('.')[2] : name.split('.')[2]!.split('-')[0]) as CodecName];
      const section = isBatch ? fixtureBytes(name).subarray(HEADER_BYTES) : fixtureBytes(name);
      const maxBytes = 1_000_000;
      fc.assert(
        fc.property(mutated(section), (bytes) => {
          const got = outcome(() => decompress(codec, bytes, maxBytes));
          if (got !== 'corrupt') expect(got.length).toBeLessThanOrEqual(maxBytes);
        }),
        { numRuns: section.length > 1000 ? 150 : 1500 },
      );
    });

    it.each(codecNames)('of any kind, as %s, gives bytes or a corrupt batch', (name) => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void outcome(() => decompress(CODECS[name], Buffer.from(bytes), 1_000_000))));
    });
  });

  describe('of a bomb', () => {
    const MIB = 1024 * 1024;
    const zeros = Buffer.alloc(4 * MIB);
    const block = lz4.compressFrameSync(Buffer.alloc(65536));
    // The one block of a frame of 64 kB, without its header and end mark.
    const lz4Block = block.subarray(11, 11 + (block.readUInt32LE(7) & 0x7fffffff));
    const xerial = Buffer.concat([
      Buffer.from('\x82SNAPPY\0\0\0\0\x01\0\0\0\x01', 'latin1'),
      ...Array.from({ length: 40 }, () => snappy.compressSync(zeros)).flatMap((part) => {
        const size = Buffer.alloc(4);
        size.writeInt32BE(part.length);
        return [size, part];
      }),
    ]);
    const bombs: [string, number, Buffer][] = [
      ['gzip', 1, gzipSync(Buffer.alloc(100 * MIB), { level: 1 })],
      ['snappy, stated size', 2, Buffer.from('ffffffff0f00', 'hex')],
      ['snappy, many blocks', 2, xerial],
      ['lz4, one frame', 3, lz4Frame(Array.from({ length: 2000 }, () => lz4Block))],
      ['lz4, many frames', 3, Buffer.concat(Array.from({ length: 2000 }, () => lz4Frame([lz4Block])))],
      ['zstd, one frame', 4, zstdFrame(100_000)],
      ['zstd, many frames', 4, Buffer.concat(Array.from({ length: 5000 }, () => zstdFrame(1)))],
    ];

    it.each(bombs)('(%s) is a corrupt batch, and memory stays within the bound', (_, codec, bytes) => {
      const before = process.memoryUsage();
      expect(() => decompress(codec, bytes)).toThrow(/^corrupt record batch: .*(at most \d+ are taken|more than 67108864 bytes of output)/);
      const after = process.memoryUsage();
      expect(after.rss - before.rss).toBeLessThan(200 * MIB);
    });

    it('takes just as much as the bound, and not a byte more', () => {
      for (const name of codecNames) {
        const section = fixtureBytes(`v2.edge-records.${name}`).subarray(HEADER_BYTES);
        // lz4's bound counts whole blocks of 64 kB.
        const least = name === 'lz4' ? 4 * 65536 : EDGE_SECTION.length;
        expect(decompress(CODECS[name], section, least)).toEqual(EDGE_SECTION);
        expect(() => decompress(CODECS[name], section, EDGE_SECTION.length - 1)).toThrow(CorruptRecordBatch);
      }
    });
  });

  it('reads zstd alike with the library and with what Node has', async () => {
    for (const decompressFrame of [await loadWasmFrame(), ...(nativeFrame ? [nativeFrame] : [])]) {
      for (const name of ['zstd-22', 'zstd-two-frames']) {
        expect(decompressZstd(fixtureBytes(`section.edge-records.${name}`), 1_000_000, decompressFrame)).toEqual(EDGE_SECTION);
      }
      expect(() => decompressZstd(Buffer.from('28b52ffd2005150000ffff', 'hex'), 1000, decompressFrame)).toThrow('a broken frame');
    }
  });
});
