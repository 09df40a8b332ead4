import { systemClock } from './clock.js';
import { SystemHealth, type SystemHealthParts } from './health.js';
import type { PartitionLag } from './ingestion/consumer-lag.js';
import { ProcessingHealth, type ProcessingHealthParts } from './processing-health.js';

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

describe('the health of the e-mails', () => {
  it('tells of follow-ups that were given up', async () => {
    const status = (followUpsGivenUp: number) => ({ pending: 0, lagMs: 0, parked: 0, lastError: null, followUpsGivenUp });
    const detail = async (followUpsGivenUp: number) => {
      const parts = { processing: { report: () => Promise.resolve({ parts: [] }) }, projections: { status: () => Promise.resolve([]) }, influx: null, counting: null, notifying: { work: { status: () => status(followUpsGivenUp) } }, alarms: { parkedMails: () => 0 }, customers: { count: () => Promise.resolve(1), impairment: () => null }, clock: systemClock };
      return (await new SystemHealth(parts as unknown as SystemHealthParts).report()).parts.find(({ name }) => name === 'notifications')?.detail;
    };
    expect(await detail(0)).toBe('0 e-mails pending');
    expect(await detail(2)).toBe('0 e-mails pending; 2 follow-ups given up');
  });
});

describe('the health of the ingestion', () => {
  const lag = (topic: PartitionLag['topic'], partition: number, records = 0): PartitionLag => ({ topic, partition, records });
  const ingestionPart = async (lags: readonly PartitionLag[]) => {
    const parts = {
      log: { unavailable: () => null }, store: { headPosition: () => Promise.resolve(null) }, lag: { byPartition: () => Promise.resolve(lags) },
      supervision: { status: () => ({ supervised: 0, silent: 0, held: 0 }) }, dataDir: '.', clock: systemClock, processes: true,
      progressing: { startingWith: null, consumerFailure: null, lostRecords: 0, assignment: [0, 1] },
    };
    return (await new ProcessingHealth(parts as unknown as ProcessingHealthParts).report()).parts.find(({ name }) => name === 'ingestion');
  };

  it('is not that of a process without a backlog while the readings of a partition are not opened, whatever its OKs say', async () => {
    expect(await ingestionPart([lag('OK', 0), lag('OK', 1)])).toEqual({ name: 'ingestion', status: 'degraded', detail: 'begins with partition 0, 1' });
    expect(await ingestionPart([lag('ENTRY', 0), lag('OK', 0), lag('OK', 1)])).toMatchObject({ status: 'degraded', detail: 'begins with partition 1' });
  });

  it('tells how many records wait once all are', async () => {
    const lags = [lag('ENTRY', 0, 5), lag('ENTRY', 1), lag('OK', 0, 2), lag('OK', 1)];
    expect(await ingestionPart(lags)).toEqual({ name: 'ingestion', status: 'up', detail: '7 records behind the log', lagEvents: 7 });
  });
});
