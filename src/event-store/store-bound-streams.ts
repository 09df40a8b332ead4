/**
 * Beginnings of the names of streams that belong to one event store and the processes on it: what they say of
 * positions and holders is wrong in any other store, so they are not moved.
 */
const STORE_BOUND_PREFIXES = ['checkpoint-', 'lease-', 'store-identity'];

/** True for a stream that means something in the store that has it only. */
export function isStoreBound(stream: string): boolean {
  return STORE_BOUND_PREFIXES.some((prefix) => stream.startsWith(prefix));
}
