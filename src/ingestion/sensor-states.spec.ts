import { contextWith, play, smoke } from '../../test/support/sensor-messages.js';
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

  it('has a bound of strikes over all sensors, the longest unused of which go first', async () => {
    const { strikes } = play(Array.from({ length: 1000 }, (_, second) => smoke(second)), contextWith({ n: 1001 })).state;
    const sensors = new SensorStates(empty);
    const put = (sensorId: number) => sensors.put(sensorId, { state: { ...INITIAL_SENSOR, strikes }, revision: 5n });
    const isKept = async (sensorId: number) => (await sensors.load(sensorId)).revision !== null;
    for (const again of [1, 2]) {
      for (let sensorId = 1; sensorId <= 200; sensorId += 1) put(sensorId); // 200,000 strikes, and no more when put again
      expect([again, await isKept(1)]).toEqual([again, true]);
      put(201);
      expect([await isKept(1), await isKept(3), await isKept(2)]).toEqual([true, true, false]);
      sensors.forgetAll();
    }
  });
});
