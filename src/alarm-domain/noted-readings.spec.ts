import type { Evidence } from './alarm-events.js';
import { notedAfter, withNoted, type NotedReadings } from './noted-readings.js';
import { SOURCE_STRIKE_POLICY } from './strike-policy.js';

/** A reading that the log took in so many seconds. */
const taken = (second: number): Evidence => ({
  source: { log: 'spec', topic: 'ENTRY', partition: second % 2, epoch: 0, offset: second },
  readAt: `2026-03-01T12:00:${second}.000Z`,
  receivedAt: `2026-03-01T12:00:${second}.000Z`,
  movement: false,
  smoke: true,
  temperatureCelsius: 20,
  maxTemperatureCelsius: 30,
});

const noted = (n: number, ...seconds: number[]): NotedReadings =>
  seconds.reduce<NotedReadings>((before, second) => withNoted(before, 'smoke', taken(second), { ...SOURCE_STRIKE_POLICY, n }), {});

describe('noted readings', () => {
  it('that the log took last stay, in whatever order they come: an OK leaves those from after it', () => {
    // From two partitions; the one from after the OK comes first. Found by simulated faults.
    expect(notedAfter(noted(1, 14, 13, 12), 'smoke', taken(13).receivedAt)).toEqual({ smoke: [taken(14)] });
    expect(noted(3, 30, 20, 40, 10, 50, 60)).toEqual({ smoke: [taken(40), taken(50), taken(60)] });
  });

  it('are in the order in which they came', () => {
    expect(noted(3, 50, 40, 60, 30)).toEqual({ smoke: [taken(50), taken(40), taken(60)] });
  });
});
