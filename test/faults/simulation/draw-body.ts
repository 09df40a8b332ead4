import type { Random } from '../../../src/cli/simulator/random.js';

const UNREADABLE = ['', '{', 'nonsense', '{"7", "true"}', '[1,2,3,4,5,6]', '{"id":7,"movement":"perhaps","smoke":false,"temperature":20,"maxTemperature":30}', '[-1,true,false,20,30]'];

const [MINUTE_MS, DAY_MS] = [60_000, 86_400_000];

/** The sensor's own clock when it sends at `nowMs`: right but for seconds, some hours slow, about the bounds of what counts, or wrong by days. */
export function drawSensorTime(random: Random, nowMs: number): string {
  const which = random.fraction();
  const aboutMs = random.integer(-10_000, 10_000);
  const offMs = which < 0.4 ? aboutMs : which < 0.6 ? random.integer(-DAY_MS, 0) : which < 0.75 ? aboutMs - DAY_MS : which < 0.85 ? aboutMs + 5 * MINUTE_MS : random.integer(-40, 40) * DAY_MS;
  const time = new Date(nowMs + offMs).toISOString();
  return random.fraction() < 0.8 ? time : time.replace(/\.\d+Z$/, '+00:00');
}

/** A message of a sensor in one of the three forms, or now and then one that can't be read. `at`: its own time, which one of the forms can say; null for none. */
export function drawBody(random: Random, topic: 'ENTRY' | 'OK', sensorId: number, at: string | null = null): string {
  if (random.fraction() < 0.05) return UNREADABLE[random.integer(0, UNREADABLE.length - 1)] as string;
  const isNormal = topic === 'OK' || random.fraction() < 0.25;
  const what = isNormal ? 0 : random.integer(1, 7);
  const [movement, smoke] = [(what & 1) !== 0, (what & 2) !== 0];
  const temperature = (what & 4) !== 0 ? 31.5 : 20;
  const form = random.integer(0, 3);
  if (form === 0) return `{"${sensorId}", "${movement}", "${smoke}", "${temperature.toFixed(1)}", "30.0"}`;
  if (form === 1) return JSON.stringify([sensorId, movement, smoke, temperature, 30]);
  if (form === 2) return `\n[ "${sensorId}", "${movement}",\n "${smoke}", "${temperature}", "30" ]`;
  return JSON.stringify({ id: sensorId, movement, smoke, temperature, maxTemperature: 30, ...(at === null ? {} : { at }) });
}
