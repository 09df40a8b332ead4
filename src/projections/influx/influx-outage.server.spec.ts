import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { InfluxServer } from '../../../test/servers/influxdb.js';
import { expectExact, influxConfig, InfluxBench, PLACES } from '../../../test/support/influx-bench.js';
import { recovered, triggered, type ProjectedEvent } from '../../../test/support/projection-events.js';
import { systemClock } from '../../clock.js';

/** How long the server is away; minutes of it are for when someone wants to know. */
const AWAY_S = Number(process.env['INFLUX_OUTAGE_SECONDS'] ?? 15);

/** Up to 320 alarms and recoveries a second, of which the source's second case has one. */
const PAIRS_PER_ROUND = 40;
const ROUND_MS = 250;

/** Less than the events that are missed in fifteen seconds, at some 1 kB each. */
const MOST_MORE_MB = 1.5;

/** What is alive, after a collection. */
function liveMb(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** An alarm and its end, each in a minute and of a sensor and type that come again; some stay open. */
const round = (number: number): ProjectedEvent[] =>
  Array.from({ length: PAIRS_PER_ROUND }, (_, n) => {
    const alarm = { alarm: `round ${number}, ${n}`, sensorId: n, type: number % 2 === 0 ? 'smoke' : 'motion', second: number * 7 } as const;
    return n === number % PAIRS_PER_ROUND ? [triggered(alarm)] : [triggered(alarm), recovered(alarm)];
  }).flat();

describe(`InfluxDB away for ${AWAY_S} s under load`, () => {
  let server: InfluxServer;
  let bench: InfluxBench;
  beforeAll(async () => {
    server = await InfluxServer.start();
    bench = await InfluxBench.open(influxConfig(server, 'outage'));
    await bench.place(PLACES);
  });
  afterAll(async () => {
    await bench?.close();
    await server?.stop();
  });

  it('holds no more for what it misses, and is exact when it is back', async () => {
    let rounds = 0;
    const load = async (seconds: number): Promise<void> => {
      for (const untilMs = performance.now() + seconds * 1000; performance.now() < untilMs; ) {
        const nextMs = performance.now() + ROUND_MS;
        await bench.append(round((rounds += 1)));
        await systemClock.sleep(nextMs - performance.now());
      }
    };
    await load(3);
    await bench.settle();
    await server.kill();
    await load(3);
    const begunWith = rounds;
    const before = liveMb();
    await load(AWAY_S);
    const after = liveMb();
    const missed = (rounds - begunWith) * (2 * PAIRS_PER_ROUND - 1);
    expect(after - before).toBeLessThan(MOST_MORE_MB);
    const [state] = await bench.writer.runner.status();
    expect(state).toMatchObject({ running: false, lastError: expect.stringContaining('gives no answer') });
    expect(state?.lagEvents).toBeGreaterThanOrEqual(Math.min(missed, 1000));

    await bench.local.settle();
    await server.restart();
    const backAt = performance.now();
    await bench.settle();
    const tookMs = performance.now() - backAt;
    await expectExact(bench);
    process.stdout.write(`InfluxDB away for ${AWAY_S + 3} s: ${missed} events missed, live heap ${before.toFixed(1)} → ${after.toFixed(1)} MB, up to date ${Math.round(tookMs)} ms after it was back\n`);
  }, (AWAY_S + 90) * 1000);
});
