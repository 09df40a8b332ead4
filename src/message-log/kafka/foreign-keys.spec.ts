import { partitionFor } from '../murmur2.js';
import { ForeignKeys, isForeign } from './foreign-keys.js';

const of = (key: string | null) => ({ key: key === null ? null : Buffer.from(key) });

describe('isForeign', () => {
  it('takes a sensor’s key at home only', () => {
    const home = partitionFor('42959', 2);
    expect([isForeign(of('42959'), home, 2), isForeign(of('42959'), 1 - home, 2)]).toEqual([false, true]);
  });
  it.each([null, '', '042959', 'sensor-42959', '42959 ', '-1'])('trusts no key %p, wherever it leads', (key) => {
    expect([isForeign(of(key), 0, 2), isForeign(of(key), 1, 2)]).toEqual([true, true]);
  });
  it('is not moved by a batch that can’t be read', () => {
    expect(isForeign({ key: null, unreadableBatch: 'gzip' }, 0, 2)).toBe(false);
  });
});

it('Foreign keys are to be told once, and known to all a while after that', () => {
  const keys = new ForeignKeys();
  expect([keys.areMet, keys.areToBeTold, keys.areKnownToAll(1e9)]).toEqual([false, false, false]);
  keys.meet();
  expect([keys.areMet, keys.areToBeTold, keys.areKnownToAll(1e9)]).toEqual([true, true, false]);
  keys.told(1_000);
  keys.told(9_000);
  expect([keys.areToBeTold, keys.areKnownToAll(3_499), keys.areKnownToAll(3_500)]).toEqual([false, false, true]);
});
