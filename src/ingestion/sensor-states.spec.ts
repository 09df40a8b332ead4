import { INITIAL_SENSOR } from '../alarm-domain/sensor.js';
import type { EventStore } from '../event-store/event-store.js';
import { SensorStates } from './sensor-states.js';

const empty = { readStream: async function* () {} } as unknown as EventStore;

describe('SensorStates', () => {
  it('never puts an older state over a newer one, as two partitions with the same sensor could', async () => {
    const sensors = new SensorStates(empty);
    const newer = { state: { ...INITIAL_SENSOR, messageIds: ['newer'] }, revision: 6n };
    sensors.put(7, newer);
    sensors.put(7, { state: INITIAL_SENSOR, revision: 5n });
    sensors.put(7, { state: INITIAL_SENSOR, revision: null });
    expect(await sensors.load(7)).toEqual(newer);
  });

  it('gives the newer state when another has put it while the stream was read', async () => {
    const newer = { state: { ...INITIAL_SENSOR, messageIds: ['newer'] }, revision: 0n };
    const store = { readStream: async function* () { sensors.put(7, newer); } } as unknown as EventStore;
    const sensors: SensorStates = new SensorStates(store);
    expect(await sensors.load(7)).toEqual(newer);
  });
});
