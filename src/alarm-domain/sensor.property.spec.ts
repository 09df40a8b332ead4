import fc from 'fast-check';
import { brief, contextWith, ok, play, readAt, reading } from '../../test/support/sensor-messages.js';
import type { SensorEvent } from './alarm-events.js';
import { abnormalTypes } from './reading.js';
import type { SensorMessage } from './sensor-message.js';
import { evolve, INITIAL_SENSOR } from './sensor.js';
import { LATE_WINDOWS } from './strikes.js';

/** A history of one sensor: each step has its own second, so that order and positions agree; some readings come late. */
const history = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ movement: fc.boolean(), smoke: fc.boolean(), hot: fc.boolean(), lateSeconds: fc.oneof(fc.constant(0), fc.nat(60)) }) },
      { weight: 1, arbitrary: fc.constant('ok' as const) },
    ),
    { maxLength: 40 },
  )
  .map((steps) =>
    steps.map((step, index): SensorMessage =>
      step === 'ok'
        ? ok(index, `id-${index}`)
        : readAt(reading(index, { movement: step.movement, smoke: step.smoke, temperatureCelsius: step.hot ? 99 : 1, messageId: `id-${index}` }), index - step.lateSeconds),
    ),
  );

const policy = fc.record({
  n: fc.integer({ min: 1, max: 4 }),
  windowMs: fc.option(fc.integer({ min: 1, max: 20_000 })),
  clearOnNormal: fc.boolean(),
});

/**
 * A long history under a window: few OKs, strikes that seldom come close enough for an alarm, so that more are
 * there than are kept, and some readings that come late, by as many windows as they may.
 */
const windowedHistory = fc
  .tuple(
    fc.record({ n: fc.integer({ min: 1, max: 4 }), windowMs: fc.integer({ min: 1000, max: 20_000 }), clearOnNormal: fc.boolean() }),
    fc.array(fc.record({ what: fc.nat(59), gap: fc.integer({ min: 95, max: 150 }), late: fc.nat(LATE_WINDOWS * 1000) }), { maxLength: 150, size: 'max' }),
  )
  .map(([strikePolicy, steps]) => {
    const { n, windowMs } = strikePolicy;
    let newest = 0;
    const messages = steps.map(({ what, gap, late }, index): SensorMessage => {
      if (what === 0) return ok(index);
      if (what === 1) return reading(index);
      const isLate = what < 5;
      const seconds = isLate ? newest - (late * windowMs) / 1e6 : newest + (gap * windowMs) / Math.max(1, n - 1) / 1e5;
      newest = Math.max(newest, seconds);
      return readAt(reading(index, { smoke: what !== 5, temperatureCelsius: what < 8 ? 99 : 1 }), seconds);
    });
    return { strikePolicy, messages };
  });

/** What R3 says of a window, word for word: any `n` strikes of a type within one, of all that there are; for smoke and temperature. */
function alarmsWithin({ n, windowMs, clearOnNormal }: { n: number; windowMs: number; clearOnNormal: boolean }, messages: readonly SensorMessage[]): string[] {
  const foretold: string[] = [];
  for (const type of ['smoke', 'temperature'] as const) {
    let times: number[] = [];
    let isOpen = false;
    for (const message of messages) {
      if (message.type === 'ok') {
        times = [];
        isOpen = false;
      } else {
        const types = abnormalTypes(message.reading);
        if (types.length === 0 && clearOnNormal) times = [];
        if (isOpen || !types.includes(type)) continue;
        times = [...times, Date.parse(message.readAt)].sort((a, b) => a - b);
        if (!times.some((time, index) => (times[index + n - 1] ?? Infinity) - time <= windowMs)) continue;
        times = [];
        isOpen = true;
        foretold.push(`${message.source.offset} ${type}`);
      }
    }
  }
  return foretold.sort();
}

describe('the sensor aggregate, for any history', () => {
  it('R7: never has two open alarms of a type, and recovers only what is open', () => {
    fc.assert(
      fc.property(history, policy, (messages, strikePolicy) => {
        const open = new Map<string, string>();
        for (const event of play(messages, contextWith(strikePolicy)).events) {
          if (event.type === 'AlarmTriggered') {
            expect(open.has(event.data.alarmType)).toBe(false);
            open.set(event.data.alarmType, event.data.alarmId);
          } else if (event.type === 'AlarmRecovered') {
            expect(open.get(event.data.alarmType)).toBe(event.data.alarmId);
            open.delete(event.data.alarmType);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('R1–R5: raises the alarms that a plain count foretells', () => {
    fc.assert(
      fc.property(history, (messages) => {
        const foretold: string[] = [];
        let strikes = { smoke: 0, temperature: 0 };
        let open = new Set<string>();
        for (const message of messages) {
          if (message.type === 'ok') {
            strikes = { smoke: 0, temperature: 0 };
            open = new Set();
            continue;
          }
          const { movement, smoke, temperatureCelsius, maxTemperatureCelsius } = message.reading;
          const trigger = (type: string) => {
            open.add(type);
            foretold.push(`AlarmTriggered ${type}`);
          };
          if (movement && !open.has('motion')) trigger('motion');
          for (const [type, isAbnormal] of [['smoke', smoke], ['temperature', temperatureCelsius > maxTemperatureCelsius]] as const) {
            if (!isAbnormal || open.has(type)) continue;
            strikes[type] += 1;
            if (strikes[type] === 3) {
              strikes[type] = 0;
              trigger(type);
            }
          }
        }
        const raised = brief(play(messages, contextWith()).events).filter((line) => line.startsWith('AlarmTriggered'));
        expect(raised).toEqual(foretold);
      }),
      { numRuns: 500 },
    );
  });

  it('P7: leaves the same alarms open, and no alarm out, however late its OKs come', () => {
    const withLateOks = history.chain((messages) => fc.tuple(fc.constant(messages), fc.array(fc.nat(6), { minLength: messages.length, maxLength: messages.length })));
    fc.assert(
      fc.property(withLateOks, fc.boolean(), ([messages, lateness], isOutOfOrder) => {
        // Only motion: strikes from before an OK count until it comes, and may make an alarm too many.
        const ofMotion = messages.map((message): SensorMessage => (message.type === 'ok' ? message : { ...message, reading: { ...message.reading, smoke: false, temperatureCelsius: 1 } }));
        let least = 0;
        // OKs keep their order among each other, as they do in their partition.
        const late = ofMotion
          .map((message, index) => ({ message, at: message.type === 'ok' ? (least = Math.max(least, index + (lateness[index] ?? 0) + 0.5)) : index }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ message }) => message);
        const context = { ...contextWith({ n: 50 }), isOutOfOrder };
        const [disturbed, inOrder] = [play(late, context), play(ofMotion, context)];
        const alarmsOf = ({ events }: typeof inOrder) => events.flatMap((event) => (event.type === 'AlarmTriggered' || event.type === 'AlarmRecovered' ? [`${event.type} ${event.data.alarmId}`] : [])).sort();
        expect(alarmsOf(disturbed)).toEqual(alarmsOf(inOrder));
        expect(disturbed.state.openAlarms).toEqual(inOrder.state.openAlarms);
        if (isOutOfOrder) expect(disturbed.events.reduce(evolve, INITIAL_SENSOR).noted).toEqual(disturbed.state.noted);
      }),
      { numRuns: 1000 },
    );
  });

  it('R3: raises the alarms within a window that a count of all strikes foretells, however late readings come', () => {
    fc.assert(
      fc.property(windowedHistory, ({ strikePolicy, messages }) => {
        const raised = play(messages, contextWith(strikePolicy)).events.flatMap((event) => (event.type === 'AlarmTriggered' ? [`${event.metadata.source.offset} ${event.data.alarmType}`] : []));
        expect(raised.sort()).toEqual(alarmsWithin(strikePolicy, messages));
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the same events when any of its records come again, at once or much later, at the same position or another', () => {
    const withRepeats = history.chain((messages) =>
      fc.tuple(
        fc.constant(messages),
        fc.array(fc.record({ of: fc.nat(), after: fc.nat(), moved: fc.boolean() }), { maxLength: 20 }),
      ),
    );
    fc.assert(
      fc.property(withRepeats, policy, ([messages, repeats], strikePolicy) => {
        const disturbed: SensorMessage[] = [];
        messages.forEach((message, index) => {
          disturbed.push(message);
          for (const repeat of repeats) {
            const of = messages.length === 0 ? 0 : repeat.of % messages.length;
            // A repeat comes after its original and within the number of messageIds that are remembered.
            if (of > index || index - of > 20 || repeat.after % messages.length !== index) continue;
            const original = messages[of] as SensorMessage;
            const isNormal = original.type === 'reading' && !original.reading.movement && !original.reading.smoke && original.reading.temperatureCelsius < 30;
            // A normal reading has no effect to repeat, unless it clears strikes; then only its position tells.
            const moved = repeat.moved && !isNormal;
            const source = moved ? { ...original.source, partition: 1, offset: disturbed.length } : original.source;
            disturbed.push({ ...original, source });
          }
        });
        const context = contextWith(strikePolicy);
        expect(play(disturbed, context).events).toEqual(play(messages, context).events);
      }),
      { numRuns: 500 },
    );
  });

  it('gives each sensor the same events however the sensors are interleaved', () => {
    const context = contextWith();
    fc.assert(
      fc.property(fc.array(history, { minLength: 2, maxLength: 3 }), fc.infiniteStream(fc.nat()), (histories, picks) => {
        const alone = histories.map((messages) => play(messages, context).events);
        const states = histories.map(() => [] as SensorMessage[]);
        const left = histories.map((messages) => [...messages]);
        while (left.some((messages) => messages.length > 0)) {
          const candidates = left.map((_, index) => index).filter((index) => (left[index] as SensorMessage[]).length > 0);
          const chosen = candidates[picks.next().value % candidates.length] as number;
          (states[chosen] as SensorMessage[]).push((left[chosen] as SensorMessage[]).shift() as SensorMessage);
        }
        expect(states.map((messages) => play(messages, context).events)).toEqual(alone);
      }),
      { numRuns: 100 },
    );
  });

  it('has a state that is the fold of its events, apart from what was ignored', () => {
    fc.assert(
      fc.property(history, policy, (messages, strikePolicy) => {
        const { state, events } = play(messages, contextWith(strikePolicy));
        const folded = events.reduce<typeof INITIAL_SENSOR>((before: typeof INITIAL_SENSOR, event: SensorEvent) => evolve(before, event), INITIAL_SENSOR);
        expect({ openAlarms: folded.openAlarms, strikes: folded.strikes }).toEqual({ openAlarms: state.openAlarms, strikes: state.strikes });
      }),
      { numRuns: 200 },
    );
  });
});
