import { murmur2, partitionFor } from './murmur2.js';

describe('murmur2', () => {
  // Source: the test vectors of Kafka's own Java client (UtilsTest).
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %j is what the Java client computes', (text, expected) => {
    expect(murmur2(Buffer.from(text))).toBe(expected);
  });

  it('takes the absolute value by clearing the sign bit', () => {
    // -973932308 & 0x7fffffff = 1173551340
    expect(partitionFor('21', 1000)).toBe(340);
    expect(partitionFor('21', 2)).toBe(0);
  });

  it('spreads sensor ids evenly over two partitions', () => {
    let first = 0;
    for (let id = 0; id < 50_000; id += 1) if (partitionFor(String(id), 2) === 0) first += 1;
    expect(first).toBeGreaterThan(24_000);
    expect(first).toBeLessThan(26_000);
  });
});
