import { IDENTITY_STREAM } from './store-identity.js';

/** Beginnings of the names of checkpoints, leases, what sensors were last heard of, and the store's identity. */
const STORE_BOUND_PREFIXES = ['checkpoint-', 'lease-', 'last-seen-', IDENTITY_STREAM];

/** True for a stream that tells of the positions of one event store or of the processes on it: in any other it would be wrong, so it is not moved. */
export function isStoreBound(stream: string): boolean {
  return STORE_BOUND_PREFIXES.some((prefix) => stream.startsWith(prefix));
}
