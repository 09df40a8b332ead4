import { contextWith, motion, play, smoke } from '../../test/support/sensor-messages.js';
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

  it('keeps readings that no event tells when the sensor is forgotten, also twice, and folds the newer events over them', async () => {
    const { state } = play([motion(1), motion(5)], contextWith());
    const sensors = new SensorStates(empty);
    sensors.put(7, { state, revision: 0n });
    sensors.forget(7);
    sensors.forget(7);
    sensors.forgetAll();
    expect((await sensors.load(7)).state.noted).toEqual(state.noted);
    expect(Object.keys(state.noted)).toEqual(['motion']);
  });

  it('reads what others have written since, and nothing else, when the newest is asked for', async () => {
    const asked: unknown[] = [];
    const store = { readStream: async function* (_: string, options: unknown) { asked.push(options); } } as unknown as EventStore;
    const sensors = new SensorStates(store);
    sensors.put(7, { state: INITIAL_SENSOR, revision: 4n });
    expect((await sensors.loadNewest(7)).revision).toBe(4n);
    expect(asked).toEqual([{ fromRevision: 5n }]);
  });

  it('has a bound of strikes over all sensors, the longest unused of which go first', async () => {
    const { strikes } = play(Array.from({ length: 1000 }, (_, second) => smoke(second)), contextWith({ n: 1001 })).state;
    const sensors = new SensorStates(empty);
    const put = (sensorId: number) => sensors.put(sensorId, { state: { ...INITIAL_SENSOR, strikes }, revision: 5n });
    const isKept = async (sensorId: number) => (await sensors.load(sensorId)).revision !== null;
    for (const again of [1, 2]) {
      for (let sensorId = 1; sensorId <= 300; sensorId += 1) put(sensorId); // 300,000 strikes, and no more when put again
      expect([again, await isKept(1)]).toEqual([again, true]);
      put(301);
      expect([await isKept(1), await isKept(3), await isKept(2)]).toEqual([true, true, false]);
      sensors.forgetAll();
    }
  });
});
