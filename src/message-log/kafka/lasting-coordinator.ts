import kafkajs from 'kafkajs';
import type { Clock } from '../../clock.js';
import { UnknownKafkajs } from './kafka-errors.js';
import { cutConnections, type ConnectedBroker } from './kafkajs-connections.js';

/** What is used of a broker of kafkajs 2.2.4, as a group's coordinator. */
interface CoordinatorInside extends ConnectedBroker {
  readonly connectionPool: ConnectedBroker['connectionPool'] & { readonly host: string; readonly port: number };
  heartbeat(request: object): Promise<unknown>;
  joinGroup(request: Membership): Promise<{ readonly memberId: string }>;
  syncGroup(request: Membership): Promise<unknown>;
  leaveGroup(member: Membership): Promise<unknown>;
}

interface Membership {
  readonly groupId: string;
  readonly memberId: string;
}

interface Query {
  readonly groupId: string;
}

interface ClusterInside {
  findGroupCoordinator(query: Query): Promise<CoordinatorInside>;
  removeBroker(address: { host: string; port: number }): void;
}

/** Answers of a broker that coordinates the group no longer, or not yet. */
const MOVED: ReadonlySet<unknown> = new Set(['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'GROUP_LOAD_IN_PROGRESS']);

const LOOK_EVERY_MS = 200;

/**
 * Makes a member of kafkajs outlive its group's coordinator. Another broker takes the group over with all its
 * members, but kafkajs lets a member end when a heartbeat has no answer; the new one in its place has another
 * id, and the group's work would rest until the old one's session has run out.
 *
 * `limitMs` is how long another coordinator is looked for; then kafkajs has its way. `beforeJoin` is awaited
 * before the group is joined, the first time and whenever its members change. Once `signal` is aborted the group is not
 * joined, and left again by whoever was just joining: kafkajs leaves it meanwhile, or not at all the first time, and would be a member
 * that no process is behind, on a connection that nobody ends.
 */
export function outliveCoordinators(inside: unknown, clock: Clock, limitMs: number, signal: AbortSignal, beforeJoin: () => Promise<void>): void {
  const cluster = inside as ClusterInside;
  if (typeof cluster.findGroupCoordinator !== 'function' || typeof cluster.removeBroker !== 'function') throw new UnknownKafkajs("kafkajs' cluster has no findGroupCoordinator or no removeBroker");
  const find = cluster.findGroupCoordinator.bind(cluster);

  cluster.findGroupCoordinator = async (query) => {
    let current = await find(query);
    const heartbeat = async (request: object): Promise<unknown> => {
      const deadline = performance.now() + limitMs;
      for (;;) {
        try {
          return await current.heartbeat(request);
        } catch (error) {
          const { type } = error as { type?: unknown };
          // What else the coordinator says is meant for the member.
          if (typeof type === 'string' && !MOVED.has(type)) throw error;
          if (performance.now() > deadline || signal.aborted) throw error;
          if (type === undefined) {
            // It must not be asked who coordinates the group: it may hang.
            cluster.removeBroker(current.connectionPool);
            cutConnections(current, String(error));
          }
          await clock.sleep(LOOK_EVERY_MS, signal);
          current = await find(query).catch(() => current);
        }
      }
    };
    const joinGroup = async (request: Membership): Promise<unknown> => {
      await beforeJoin();
      if (signal.aborted) throw leaving();
      const joined = await current.joinGroup(request);
      return signal.aborted ? leaveAgain({ groupId: request.groupId, memberId: joined.memberId }) : joined;
    };
    const syncGroup = async ({ groupId, memberId, ...request }: Membership): Promise<unknown> => {
      if (signal.aborted) return leaveAgain({ groupId, memberId });
      const synced = await current.syncGroup({ groupId, memberId, ...request });
      return signal.aborted ? leaveAgain({ groupId, memberId }) : synced;
    };
    /** kafkajs has left without this membership, or is about to leave; its connections may have been closed before this request. */
    const leaveAgain = async (member: Membership): Promise<never> => {
      await current.leaveGroup(member).catch(() => undefined); // then its session runs out
      cutConnections(current, 'the group was left');
      throw leaving();
    };
    return new Proxy(current, {
      get: (_, name) => {
        if (name === 'heartbeat') return heartbeat;
        if (name === 'joinGroup') return joinGroup;
        if (name === 'syncGroup') return syncGroup;
        const value: unknown = Reflect.get(current, name);
        return typeof value === 'function' ? (value.bind(current) as unknown) : value;
      },
    });
  };
}

function leaving(): Error {
  return new kafkajs.KafkaJSNonRetriableError('the group is being left');
}
