import { Foretelling, isAbnormal } from './foretelling.js';
import { MessagePlan, type PlannedMessage } from './message-plan.js';
import { PRESETS, type PresetName } from './presets.js';
import { resolveOptions, type AskedFor } from './run-options.js';

function planOf(asked: Partial<AskedFor>): MessagePlan {
  const { plan } = resolveOptions({ seed: '1', url: 'http://127.0.0.1:1', sensors: 50_000, messageIdPrefix: null, ...asked });
  return new MessagePlan(plan);
}

function take(plan: MessagePlan, count: number): PlannedMessage[] {
  return Array.from({ length: count }, () => plan.next());
}

/** The first messages as one text: comparing it takes no time, unlike so many objects. */
function textOf(asked: Partial<AskedFor>): string {
  return JSON.stringify(take(planOf(asked), 50_000));
}

function foretell(plan: MessagePlan, count: number): Foretelling {
  const foretelling = new Foretelling();
  for (let i = 0; i < count; i++) foretelling.acknowledged(plan.next(), null, { partition: 0, offset: i });
  return foretelling;
}

describe('MessagePlan', () => {
  it('plans the same messages for the same seed and options, others for another seed', () => {
    const first = textOf({ preset: 'case2', seed: 'a' });
    expect(textOf({ preset: 'case2', seed: 'a' }) === first).toBe(true);
    expect(textOf({ preset: 'case2', seed: 'b' }) === first).toBe(false);
  });

  it('plans the same messages of a preset at any speed', () => {
    const first = textOf({ preset: 'case1' });
    expect(textOf({ preset: 'case1', compress: 10 }) === first).toBe(true);
    expect(textOf({ preset: 'case1', rate: 5000 }) === first).toBe(true);
  });

  it.each(Object.keys(PRESETS) as PresetName[])('comes within 10 % of the alarms and recoveries of %s', (preset) => {
    const { messages, alarms, recovered } = PRESETS[preset];
    const foretold = foretell(planOf({ preset }), messages).alarms();
    expect(Math.abs(foretold.length / alarms - 1)).toBeLessThan(0.1);
    expect(Math.abs(foretold.filter((alarm) => alarm.recovered).length / recovered - 1)).toBeLessThan(0.1);
    for (const type of ['motion', 'smoke', 'temperature']) {
      expect(foretold.filter((alarm) => alarm.type === type).length).toBeGreaterThan(foretold.length / 10);
    }
  });

  it('raises the first alarms of a preset within 20 s, whatever the seed', () => {
    for (let seed = 0; seed < 40; seed++) {
      const foretold = foretell(planOf({ preset: 'case1', seed: String(seed), sensors: 5000 }), 20 * PRESETS.case1.rate).alarms();
      expect(foretold.length).toBeGreaterThan(0);
    }
  });

  it.each([0.002, 0.05, 0.3])('makes %d of all readings abnormal when asked to', (abnormal) => {
    const readings = take(planOf({ abnormal }), 300_000).filter((message) => message.topic === 'ENTRY');
    const share = readings.filter(isAbnormal).length / readings.length;
    expect(Math.abs(share / abnormal - 1)).toBeLessThan(0.1);
  });

  it('sends no OK when no alarm is to recover, and no abnormal reading when none is wanted', () => {
    expect(take(planOf({ abnormal: 0.1, recovery: 0 }), 50_000).filter((message) => message.topic === 'OK')).toEqual([]);
    expect(take(planOf({ abnormal: 0 }), 50_000).filter((message) => isAbnormal(message) || message.topic === 'OK')).toEqual([]);
  });

  it('recovers every alarm soon when all are to recover', () => {
    const foretold = foretell(planOf({ abnormal: 0.01, recovery: 1, rate: 100 }), 300_000).alarms();
    const open = foretold.filter((alarm) => !alarm.recovered).length;
    expect(foretold.length).toBeGreaterThan(800);
    expect(open / foretold.length).toBeLessThan(0.05);
  });

  it('lets the number of open alarms level off in a run without an end', () => {
    const plan = planOf({ abnormal: 0.05, recovery: 0.5, rate: 20, sensors: 1000 });
    const foretelling = new Foretelling();
    const openAfter = (count: number): number => {
      for (let i = 0; i < count; i++) foretelling.acknowledged(plan.next(), null, { partition: 0, offset: i });
      return foretelling.alarms().filter((alarm) => !alarm.recovered).length;
    };
    const early = openAfter(150_000);
    expect(openAfter(300_000)).toBeLessThan(1.3 * early);
  });

  it('lets every sensor report in turn, and works with a single one', () => {
    const heard = new Set(take(planOf({ abnormal: 0, sensors: 500 }), 500).map((message) => message.sensorId));
    expect(heard.size).toBe(500);
    expect([Math.min(...heard), Math.max(...heard)]).toEqual([1, 500]);
    expect(new Set(take(planOf({ abnormal: 0.3, sensors: 1 }), 2000).map((message) => message.sensorId))).toEqual(new Set([1]));
  });
});
