import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { Random } from '../../../src/cli/simulator/random.js';

/**
 * Runs `work` with the two sources of chance that the product does not get through its ports: the ids that
 * `node:crypto` makes up, drawn from the seed meanwhile, and the monotonic clock, which is simulated time.
 */
export async function withoutOutsideChance<T>(seed: string, nowMs: () => number, work: () => Promise<T>): Promise<T> {
  const random = Random.seeded(`ids ${seed}`);
  const { randomUUID } = crypto;
  const realNow = Object.getOwnPropertyDescriptor(performance, 'now');
  crypto.randomUUID = () => {
    const hex = Array.from({ length: 4 }, () => random.nextUint32().toString(16).padStart(8, '0')).join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  };
  Object.defineProperty(performance, 'now', { value: nowMs, configurable: true, writable: true });
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    crypto.randomUUID = randomUUID;
    if (realNow) Object.defineProperty(performance, 'now', realNow);
    else delete (performance as { now?: unknown }).now;
    syncBuiltinESMExports();
  }
}
