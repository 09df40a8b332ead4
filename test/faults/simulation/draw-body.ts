import type { Random } from '../../../src/cli/simulator/random.js';

const UNREADABLE = ['', '{', 'nonsense', '{"7", "true"}', '[1,2,3,4,5,6]', '{"id":7,"movement":"perhaps","smoke":false,"temperature":20,"maxTemperature":30}', '[-1,true,false,20,30]'];

/** A message of a sensor in one of the three forms, or now and then one that can't be read. */
export function drawBody(random: Random, topic: 'ENTRY' | 'OK', sensorId: number): string {
  if (random.fraction() < 0.05) return UNREADABLE[random.integer(0, UNREADABLE.length - 1)] as string;
  const isNormal = topic === 'OK' || random.fraction() < 0.25;
  const what = isNormal ? 0 : random.integer(1, 7);
  const [movement, smoke] = [(what & 1) !== 0, (what & 2) !== 0];
  const temperature = (what & 4) !== 0 ? 31.5 : 20;
  const form = random.integer(0, 3);
  if (form === 0) return `{"${sensorId}", "${movement}", "${smoke}", "${temperature.toFixed(1)}", "30.0"}`;
  if (form === 1) return JSON.stringify([sensorId, movement, smoke, temperature, 30]);
  if (form === 2) return `\n[ "${sensorId}", "${movement}",\n "${smoke}", "${temperature}", "30" ]`;
  return JSON.stringify({ id: sensorId, movement, smoke, temperature, maxTemperature: 30 });
}
