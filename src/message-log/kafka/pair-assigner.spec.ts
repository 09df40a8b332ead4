import fc from 'fast-check';
import { AssignerProtocol, type Cluster } from 'kafkajs';
import { pairAssigner, share } from './pair-assigner.js';

const members = (...ids: string[]) => ids.map((memberId) => ({ memberId, memberMetadata: Buffer.alloc(0) }));

/** What the assigner gives each member, decoded as the members do. */
async function assign(partitions: Readonly<Record<string, number>>, memberIds: readonly string[]) {
  const cluster = { findTopicPartitionMetadata: (topic: string) => Array.from({ length: partitions[topic]! }, (_, partitionId) => ({ partitionId })) };
  const assigner = pairAssigner({ cluster: cluster as unknown as Cluster, groupId: 'g', logger: undefined as never });
  const assigned = await assigner.assign({ members: members(...memberIds), topics: Object.keys(partitions) });
  return Object.fromEntries(assigned.map(({ memberId, memberAssignment }) => [memberId, AssignerProtocol.MemberAssignment.decode(memberAssignment)!.assignment]));
}

describe('pairAssigner', () => {
  it('gives ENTRY-n and OK-n to one member', async () => {
    expect(await assign({ ENTRY: 2, OK: 2 }, ['b', 'a'])).toEqual({ a: { ENTRY: [0], OK: [0] }, b: { ENTRY: [1], OK: [1] } });
  });

  it('gives all to a single member, and nothing to a third of two partitions', async () => {
    expect(await assign({ ENTRY: 2, OK: 2 }, ['a'])).toEqual({ a: { ENTRY: [0, 1], OK: [0, 1] } });
    expect(await assign({ ENTRY: 2, OK: 2 }, ['a', 'b', 'c'])).toMatchObject({ c: { ENTRY: [], OK: [] } });
  });

  it('subscribes to its topics under one name', () => {
    const assigner = pairAssigner({ cluster: undefined as never, groupId: 'g', logger: undefined as never });
    const { name, metadata } = assigner.protocol({ topics: ['ENTRY', 'OK'] });
    expect(name).toBe('vigia-pairs');
    expect(AssignerProtocol.MemberMetadata.decode(metadata)).toMatchObject({ version: 1, topics: ['ENTRY', 'OK'] });
  });
});

it('share gives each number to exactly one member, evenly, and whatever the order of the members', () => {
  const ids = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(ids, fc.integer({ min: 0, max: 20 }), (memberIds, count) => {
      const numbers = Array.from({ length: count }, (_, number) => number);
      const shares = share(numbers, memberIds);
      expect([...shares.values()].flat().sort((a, b) => a - b)).toEqual(numbers);
      const sizes = [...shares.values()].map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(new Map([...share(numbers, [...memberIds].reverse())].sort())).toEqual(new Map([...shares].sort()));
    }),
  );
});
