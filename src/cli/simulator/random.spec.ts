import { Random } from './random.js';

function first(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.nextUint32());
}

describe('Random', () => {
  it('gives the known answers of the reference implementation of xoshiro128** for the state 1, 2, 3, 4', () => {
    const known = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804];
    expect(first(new Random([1, 2, 3, 4]), 10)).toEqual(known);
  });

  it('gives the same sequence for the same seed and another one for a near seed', () => {
    expect(first(Random.seeded('7'), 100)).toEqual(first(Random.seeded('7'), 100));
    const near = new Set(first(Random.seeded('7'), 100));
    expect(first(Random.seeded('8'), 100).filter((number) => near.has(number))).toEqual([]);
  });

  it('spreads integers evenly, both ends included', () => {
    const random = Random.seeded('even');
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < 50_000; i++) counts[random.integer(10, 14) - 10]! += 1;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('refuses the state from which it would only give zeros', () => {
    expect(() => new Random([0, 0, 0, 0])).toThrow(RangeError);
  });
});
