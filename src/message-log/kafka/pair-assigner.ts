import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';

const NAME = 'vigia-pairs';
const VERSION = 1;

/**
 * Gives ENTRY-n and OK-n to one member, and each member its share of the numbers (P7).
 *
 * Members are taken in the order of their ids, which the broker makes, so every member would come to the
 * same result; only the leader's counts.
 */
export const pairAssigner: PartitionAssigner = ({ cluster }) => ({
  name: NAME,
  version: VERSION,
  assign: ({ members, topics }) => {
    const numbers = [...new Set(topics.flatMap((topic) => cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)))].sort((a, b) => a - b);
    const shares = share(numbers, members.map(({ memberId }) => memberId));
    return Promise.resolve(
      [...shares].map(([memberId, own]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: VERSION,
          assignment: Object.fromEntries(topics.map((topic) => [topic, own])),
          userData: Buffer.alloc(0),
        }),
      })),
    );
  },
  protocol: ({ topics }) => ({
    name: NAME,
    metadata: AssignerProtocol.MemberMetadata.encode({ version: VERSION, topics, userData: Buffer.alloc(0) }),
  }),
});

/** Deals the numbers out in turn. */
export function share(numbers: readonly number[], memberIds: readonly string[]): Map<string, number[]> {
  const shares = new Map([...memberIds].sort().map((memberId): [string, number[]] => [memberId, []]));
  const own = [...shares.values()];
  numbers.forEach((number, index) => own[index % own.length]?.push(number));
  return shares;
}
