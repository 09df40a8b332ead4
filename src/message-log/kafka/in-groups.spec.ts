import { setImmediate as nextTurn } from 'node:timers/promises';
import { InGroups } from './in-groups.js';

/** Groups that are noted and end when they are told to, by number. */
function gates() {
  const begun: (readonly string[])[] = [];
  const ends: { open: () => void; fail: (error: Error) => void }[] = [];
  const work = (items: readonly string[]): Promise<void> => {
    begun.push(items);
    return new Promise((resolve, reject) => ends.push({ open: resolve, fail: reject }));
  };
  return { begun, ends, work };
}

describe('InGroups', () => {
  it('begins at once, and then with all that has come meanwhile', async () => {
    const { begun, ends, work } = gates();
    const groups = new InGroups<string>(work, () => true, () => undefined);
    await groups.add('first');
    await groups.add('second');
    await groups.add('third');
    expect(begun).toEqual([['first']]);
    ends[0]!.open();
    await nextTurn();
    expect(begun).toEqual([['first'], ['second', 'third']]);
    ends[1]!.open();
    await nextTurn();
    await groups.add('fourth');
    expect(begun).toEqual([['first'], ['second', 'third'], ['fourth']]);
    ends[2]!.open();
    await groups.rest();
  });

  it('lets an item wait until there is room for it', async () => {
    const { begun, ends, work } = gates();
    const groups = new InGroups<string>(work, (waiting, item) => waiting.length < 2 && item !== 'alone', () => undefined);
    for (const item of ['first', 'second', 'third']) await groups.add(item);
    let isAdded = false;
    const fourth = groups.add('fourth').then(() => (isAdded = true));
    await nextTurn();
    expect(isAdded).toBe(false);
    ends[0]!.open();
    await fourth;
    const alone = groups.add('alone');
    ends[1]!.open();
    await alone;
    expect(begun).toEqual([['first'], ['second', 'third'], ['fourth']]);
    ends[2]!.open();
    await nextTurn();
    expect(begun.at(-1)).toEqual(['alone']);
    ends[3]!.open();
    await groups.rest();
  });

  it('tells of a failure, throws it once, and begins nothing that has waited', async () => {
    const { begun, ends, work } = gates();
    let failures = 0;
    const groups = new InGroups<string>(work, () => false, () => (failures += 1));
    await groups.add('first');
    await groups.add('second');
    const third = groups.add('third');
    ends[0]!.fail(new Error('the first'));
    await expect(third).rejects.toThrow('the first');
    expect(failures).toBe(1);
    expect(begun).toEqual([['first']]);
    expect(() => groups.throwFailure()).not.toThrow();
    await groups.rest();
  });

  it('comes to rest with what is in work, and begins nothing that waits', async () => {
    const { begun, ends, work } = gates();
    const groups = new InGroups<string>(work, () => true, () => undefined);
    await groups.add('first');
    await groups.add('second');
    let isAtRest = false;
    const rest = groups.rest().then(() => (isAtRest = true));
    await nextTurn();
    expect(isAtRest).toBe(false);
    ends[0]!.open();
    await rest;
    expect(begun).toEqual([['first']]);
  });
});
