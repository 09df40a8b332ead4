import { jest } from '@jest/globals';
import { Pipeline } from '../../test/support/pipeline.js';
import { newDir } from '../../test/support/projection-events.js';
import { SkippableClock } from '../../test/support/skippable-clock.js';
import { supervisionParts } from '../../test/support/supervision-parts.js';
import { waitFor } from '../../test/support/wait-for.js';
import type { SensorWentSilent } from '../alarm-domain/alarm-life-events.js';
import type { StrikePolicy } from '../alarm-domain/strike-policy.js';
import { systemClock } from '../clock.js';
import { LastSeenSnapshots } from '../ingestion/last-seen-snapshots.js';
import { lastSeen } from '../ingestion/normal-readings.js';
import { SensorCommands } from './sensor-commands.js';
import { silentSensors, toldSilences } from './silent-sensors.js';
import { Supervision, type SupervisionParts } from './supervision.js';

const SENSORS = Array.from({ length: 60 }, (_, index) => index + 1);
const INTERVAL_MS = 5_000;
const USUAL = (id: number) => `{"${id}", "false", "false", "20.0", "30.0"}`;
const UNUSUAL = (id: number) => `{"maxTemperature": 30, "temperature": 20, "smoke": false, "movement": false, "id": ${id}}`;

/** The real log, batch handler, scan, event store and snapshots; only the append times are the spec's. */
class Bench {
  readonly clock = new SkippableClock();
  private readonly dir = newDir();
  pipeline!: Pipeline;
  supervision!: Supervision;

  constructor(
    private readonly policy: Partial<StrikePolicy> = {},
    private readonly write: (id: number, round: number) => string = USUAL,
  ) {}

  async start(changes: Partial<SupervisionParts> = {}): Promise<this> {
    this.pipeline = await Pipeline.open({ dir: this.dir, logClock: this.clock, policy: this.policy });
    const { realStore, log } = this.pipeline;
    this.supervision = new Supervision({ ...supervisionParts(realStore, log.identity), ...changes });
    for (const partition of [0, 1]) await this.supervision.open(partition);
    return this;
  }

  /** As a crash: nothing is stored. */
  async die(): Promise<void> {
    await this.supervision.stop();
    for (const partition of [0, 1]) lastSeen.closePartition(partition);
    await this.pipeline.close();
  }

  async stop(): Promise<void> {
    await this.supervision.stop();
    for (const partition of [0, 1]) await this.supervision.close(partition);
    await this.pipeline.close();
  }

  /** So many intervals, in each of which these sensors send a reading. */
  async hear(sensors: readonly number[], intervals: number): Promise<void> {
    for (let round = 0; round < intervals; round += 1) {
      this.clock.skip(INTERVAL_MS);
      await this.pipeline.log.append('ENTRY', sensors.map((id) => ({ key: String(id), value: Buffer.from(this.write(id, round)) })));
    }
    await this.pipeline.drain();
  }

  async told(sensorId: number): Promise<string[]> {
    return (await this.pipeline.events(sensorId)).map(({ type }) => type);
  }

  async toldOfAny(): Promise<readonly number[]> {
    return silentSensors(this.pipeline.realStore);
  }
}

let bench: Bench;
beforeEach(async () => (bench = await new Bench().start()));
afterEach(async () => bench.stop().catch(() => undefined));

const without = (...silent: number[]) => SENSORS.filter((id) => !silent.includes(id));

describe('supervision', () => {
  it('tells of a sensor that is silent for so many of its own intervals while others are heard of, once, and of its return', async () => {
    await bench.hear(SENSORS, 20);
    await bench.hear(without(7), 5);
    await bench.supervision.look();
    expect(await bench.told(7)).toEqual([]);
    await bench.hear(without(7), 2);
    await bench.supervision.look();
    await bench.supervision.look();
    const [event, ...more] = await bench.pipeline.events(7);
    expect([event?.type, ...more]).toEqual(['SensorWentSilent']);
    // Beside the skipped time some has passed.
    const { intervalMs, silentForMs } = (event as SensorWentSilent).data;
    expect([Math.floor(intervalMs / 1000), Math.floor(silentForMs / 1000)]).toEqual([5, 35]);
    expect(bench.supervision.status()).toEqual({ supervised: 60, silent: 1, held: 0 });
    await bench.hear(SENSORS, 1);
    await bench.supervision.look();
    await bench.supervision.look();
    expect(await bench.told(7)).toEqual(['SensorWentSilent', 'SensorReturned']);
    expect(await bench.toldOfAny()).toEqual([]);
  }, 30_000);

  it('knows no interval of a sensor that was heard of a few times only', async () => {
    await bench.hear(without(7), 10);
    await bench.hear(SENSORS, 10);
    await bench.hear(without(7), 20);
    await bench.supervision.look();
    expect(await bench.toldOfAny()).toEqual([]);
  }, 30_000);

  it.each([
    ['where every reading must be looked at', { clearOnNormal: true }, USUAL],
    ['of readings in an unusual writing', {}, UNUSUAL],
    ['of readings in this and that writing', {}, (id: number, round: number) => (round % 2 === 0 ? USUAL : UNUSUAL)(id)],
  ])('learns the intervals from a backlog, also %s', async (_, policy, write) => {
    await bench.stop();
    bench = await new Bench(policy, write).start();
    await bench.hear(SENSORS, 20);
    await bench.hear(without(7), 8);
    await bench.supervision.look();
    expect(bench.supervision.status()).toMatchObject({ supervised: 60, silent: 1 });
    const [event] = await bench.pipeline.events(7);
    expect(Math.floor((event as SensorWentSilent).data.intervalMs / 1000)).toBe(5);
  }, 30_000);

  it('tells of nobody when the path was silent, for however long, nor while a backlog is made up for', async () => {
    await bench.hear(SENSORS, 20);
    await bench.supervision.look();
    bench.clock.skip(24 * 3_600_000);
    await bench.supervision.look();
    await bench.hear(SENSORS.slice(0, 30), 1); // they come back one after the other
    await bench.supervision.look();
    await bench.hear(SENSORS.slice(30), 1);
    await bench.supervision.look();
    expect(await bench.toldOfAny()).toEqual([]);
    expect(bench.supervision.status()).toMatchObject({ silent: 0, held: 0 });
  }, 30_000);

  it('holds back when a large part grows silent together, says so, and tells nothing once it is heard of again', async () => {
    await bench.hear(SENSORS, 20);
    await bench.hear(SENSORS.slice(0, 4), 10);
    await bench.supervision.look();
    expect(bench.supervision.status()).toMatchObject({ silent: 0, held: expect.any(Number) });
    expect(bench.supervision.status().held).toBeGreaterThan(40);
    await bench.hear(SENSORS, 2);
    await bench.supervision.look();
    expect(bench.supervision.status()).toMatchObject({ silent: 0, held: 0 });
    expect(await bench.toldOfAny()).toEqual([]);
  }, 30_000);

  it('survives a restart: who was silent before, who is silent since, and who returned meanwhile', async () => {
    await bench.hear(SENSORS, 20);
    await bench.hear(without(7, 8), 8);
    await bench.supervision.look();
    expect(await bench.toldOfAny()).toEqual([7, 8]);
    await bench.stop();
    await bench.start();
    await bench.hear(without(8, 9), 4); // 7 is back
    await bench.supervision.look();
    await bench.hear(without(8, 9), 5); // the time of the restart itself does not count
    await bench.supervision.look();
    expect(await bench.told(7)).toEqual(['SensorWentSilent', 'SensorReturned']);
    expect(await bench.told(8)).toEqual(['SensorWentSilent']);
    expect(await bench.told(9)).toEqual(['SensorWentSilent']);
    expect((await bench.toldOfAny()).toSorted()).toEqual([8, 9]);
  }, 30_000);

  it('tells what a crash has left untold, and doubles nothing', async () => {
    await bench.hear(SENSORS, 20);
    await bench.hear(without(7, 8), 8);
    await bench.die();
    // Of the two one is told before the end; both are flagged in the snapshot.
    let left = 1;
    await bench.start();
    await bench.die();
    await bench.start({
      commands: {
        execute: (...call) => {
          if ((left -= 1) < 0) return Promise.reject(new Error('dead'));
          return new SensorCommands(bench.pipeline.realStore, systemClock, 1000).execute(...call);
        },
      },
    });
    await bench.hear(SENSORS, 20);
    await bench.hear(without(7, 8), 8);
    await expect(bench.supervision.look()).rejects.toThrow('dead');
    await bench.die();
    await bench.start();
    await bench.hear(without(7, 8), 1);
    await bench.supervision.look();
    expect([await bench.told(7), await bench.told(8)]).toEqual([['SensorWentSilent'], ['SensorWentSilent']]);
    await bench.hear(SENSORS, 1);
    await bench.supervision.look();
    expect([await bench.told(7), await bench.told(8)]).toEqual([['SensorWentSilent', 'SensorReturned'], ['SensorWentSilent', 'SensorReturned']]);
  }, 40_000);

  it('does not tell again of a sensor that had returned before a crash', async () => {
    await bench.hear(SENSORS, 20);
    await bench.hear(without(7), 8);
    await bench.supervision.look();
    await bench.hear(SENSORS, 1);
    await bench.supervision.look();
    expect(await bench.told(7)).toEqual(['SensorWentSilent', 'SensorReturned']);
    await bench.die();
    await bench.start();
    await bench.hear(without(7), 1);
    await bench.supervision.look();
    expect(await bench.told(7)).toEqual(['SensorWentSilent', 'SensorReturned']);
  }, 30_000);

  it('stores nothing more of a partition that was given up while a return was told', async () => {
    await bench.hear(SENSORS, 20);
    await bench.hear(without(7), 8);
    await bench.supervision.look();
    await bench.hear(SENSORS, 1);
    await bench.die();
    const saved: string[] = [];
    await bench.start({
      commands: {
        execute: async (...call) => {
          for (const partition of [0, 1]) await bench.supervision.close(partition);
          saved.push('given up');
          return new SensorCommands(bench.pipeline.realStore, systemClock, 1000).execute(...call);
        },
      },
    });
    await bench.hear(SENSORS, 1);
    const save = jest.spyOn(LastSeenSnapshots.prototype, 'save').mockImplementation(async () => void saved.push('stored'));
    await bench.supervision.look();
    save.mockRestore();
    expect(saved).toEqual(['stored', 'stored', 'given up']);
  }, 30_000);

  it('puts right what a process tells that was frozen when it had the partition', async () => {
    await bench.hear(SENSORS, 20);
    const late = new SensorCommands(bench.pipeline.realStore, systemClock, 1000);
    // Also when it is told between the opening of the partition and the beginning of the listening.
    await late.execute(1, { type: 'note-silence', intervalMs: 1, silentForMs: 1 });
    bench.supervision.start();
    await waitFor('the return', async () => {
      await bench.supervision.look();
      return (await bench.told(1)).length === 2;
    });
    await bench.hear(without(60), 8);
    await bench.supervision.look();
    await late.execute(60, { type: 'note-return' });
    await waitFor('the silence', async () => {
      await bench.supervision.look();
      return (await bench.told(60)).length === 3;
    });
    expect(await bench.told(60)).toEqual(['SensorWentSilent', 'SensorReturned', 'SensorWentSilent']);
  }, 30_000);

  it('hears after an error what was told before it listened again', async () => {
    await bench.die();
    let times = 0;
    await bench.start({
      clock: { now: () => systemClock.now(), sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 50), signal) },
      toldSilences: async function* (after, signal) {
        times += 1;
        const { realStore } = bench.pipeline;
        if (times === 1) {
          await new SensorCommands(realStore, systemClock, 1000).execute(7, { type: 'note-silence', intervalMs: 1, silentForMs: 1 });
          throw new Error('the event store is away');
        }
        yield* toldSilences(realStore, after, signal);
      },
    });
    await bench.hear(SENSORS, 1);
    bench.supervision.start();
    await waitFor('the return', async () => (await bench.told(7)).length === 2);
    expect(await bench.told(7)).toEqual(['SensorWentSilent', 'SensorReturned']);
  }, 30_000);

  it('knows from the events who is silent when there is no snapshot', async () => {
    await new SensorCommands(bench.pipeline.realStore, systemClock, 1000).execute(7, { type: 'note-silence', intervalMs: 1, silentForMs: 1 });
    await bench.die();
    await bench.start();
    await bench.hear([1, 2, 3], 2);
    await bench.supervision.look();
    expect(await bench.told(7)).toEqual(['SensorWentSilent']);
    await bench.hear([7], 1);
    await bench.supervision.look();
    expect(await bench.told(7)).toEqual(['SensorWentSilent', 'SensorReturned']);
  }, 30_000);
});
