import { systemClock } from './clock.js';
import { SystemHealth, type SystemHealthParts } from './health.js';

/** Parts of which only the customers are of interest. */
function healthWith(customers: SystemHealthParts['customers']): SystemHealth {
  const idle = { work: null, status: () => ({ state: 'idle', owner: null, term: 0, lastError: null }) };
  const parts = { processing: { report: () => Promise.resolve({ parts: [] }) }, projections: { status: () => Promise.resolve([]) }, influx: null, counting: idle, notifying: idle, alarms: {}, customers, clock: systemClock };
  return new SystemHealth(parts as unknown as SystemHealthParts);
}

const customersPart = async (health: SystemHealth) => (await health.report()).parts.find(({ name }) => name === 'customers');

describe('the health of the customers', () => {
  it('tells how many there are', async () => {
    const health = healthWith({ count: () => Promise.resolve(7), impairment: () => null });
    expect(await customersPart(health)).toEqual({ name: 'customers', status: 'up', detail: '7 customers' });
  });

  it('does not wait for a store that does not come to an end with counting, and says what it lacks', async () => {
    const health = healthWith({ count: () => new Promise(() => undefined), impairment: () => '1 of 3 nodes away' });
    expect(await customersPart(health)).toMatchObject({ status: 'degraded', detail: expect.stringMatching(/^the customer store gave no answer within 2000 ms.*; 1 of 3 nodes away$/) });
  });
});
