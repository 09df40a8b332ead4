import { responseMemory, ResponseMemory, SharedResponse } from './response-memory.js';

const KIB = 1024;

describe('ResponseMemory', () => {
  it('gives memory that came back again, and never twice', () => {
    const memory = new ResponseMemory();
    const first = memory.take(300 * KIB);
    const second = memory.take(300 * KIB);
    expect(second.buffer).not.toBe(first.buffer);
    memory.giveBack(first.subarray(100, 200));
    memory.giveBack(first); // a second time: as if it had not happened
    const third = memory.take(310 * KIB);
    expect(third.buffer).toBe(first.buffer);
    expect(third.length).toBe(310 * KIB);
    expect(memory.take(300 * KIB).buffer).not.toBe(first.buffer);
  });

  it('takes the smallest block that is large enough', () => {
    const memory = new ResponseMemory();
    const [large, small] = [memory.take(2_000 * KIB), memory.take(500 * KIB)];
    memory.giveBack(large);
    memory.giveBack(small);
    expect(memory.take(400 * KIB).buffer).toBe(small.buffer);
    expect(memory.take(600 * KIB).buffer).toBe(large.buffer);
  });

  it('takes no memory that is not its own', () => {
    const memory = new ResponseMemory();
    const foreign = Buffer.alloc(300 * KIB);
    memory.giveBack(foreign);
    expect(memory.take(200 * KIB).buffer).not.toBe(foreign.buffer);
  });

  it('lets small blocks go for a large one', () => {
    const memory = new ResponseMemory();
    const small = Array.from({ length: 128 }, () => memory.take(200 * KIB));
    for (const block of small) memory.giveBack(block);
    const large = memory.take(8_000 * KIB);
    memory.giveBack(large);
    expect(memory.take(8_000 * KIB).buffer).toBe(large.buffer);
  });

  it('keeps no more than 32 MiB', () => {
    const memory = new ResponseMemory();
    const blocks = Array.from({ length: 40 }, () => memory.take(1_000 * KIB));
    for (const block of blocks) memory.giveBack(block);
    const again = new Set(blocks.map(({ buffer }) => buffer));
    const isAgain = Array.from({ length: 40 }, () => again.has(memory.take(1_000 * KIB).buffer));
    expect(isAgain.filter(Boolean)).toHaveLength(32);
  });
});

describe('SharedResponse', () => {
  it('gives the memory back with the last of those that hold it', () => {
    const frame = responseMemory.take(777 * KIB);
    const part = frame.subarray(10, 500 * KIB);
    const response = SharedResponse.of([{ records: Buffer.alloc(0) }, { records: part }]);
    const kept = response.keep(part);
    expect(kept.bytes).toBe(part);
    response.release();
    expect(responseMemory.take(777 * KIB).buffer).not.toBe(frame.buffer);
    kept.release();
    expect(responseMemory.take(777 * KIB).buffer).toBe(frame.buffer);
  });

  it('copies a small part, which holds nothing', () => {
    const frame = responseMemory.take(888 * KIB).fill(1);
    const response = SharedResponse.of([{ records: frame }]);
    const kept = response.keep(frame.subarray(0, 100));
    response.release();
    expect(responseMemory.take(888 * KIB).fill(2).buffer).toBe(frame.buffer);
    expect(kept.bytes.equals(Buffer.alloc(100, 1))).toBe(true);
    kept.release();
  });
});
