import type { AuditEvent } from '../api.js';
import { statesOf } from './state-spans.js';

const START_MS = Date.parse('2026-03-01T12:00:00.000Z');
const NOW_MS = START_MS + 100_000;
const at = (second: number) => new Date(START_MS + second * 1000).toISOString();
const ms = (second: number) => START_MS + second * 1000;

/** An event that was recorded so many seconds after the start. */
const event = (second: number, type: string, data: object = {}) => ({ type, data, metadata: { recordedAt: at(second) } }) as unknown as AuditEvent;
const opened = (second: number, alarmType: string, alarmId: string, recordedAt = second) => event(recordedAt, 'AlarmTriggered', { alarmType, alarmId, triggeredAt: at(second) });
const recovered = (second: number, alarmType: string, alarmId: string, recordedAt = second) => event(recordedAt, 'AlarmRecovered', { alarmType, alarmId, recoveredAt: at(second) });

/** Events come with the newest first. */
const of = (...inOrder: readonly AuditEvent[]) => statesOf([...inOrder].reverse(), NOW_MS);

it('an alarm lasts from when its sensor says that it began to when it says that it was over, whenever that was recorded', () => {
  const { spans } = of(opened(10, 'smoke', 'a', 12), recovered(30, 'smoke', 'a', 33), opened(40, 'smoke', 'b'), recovered(50, 'smoke', 'b'));
  expect(spans).toEqual([
    { lane: 'smoke', fromMs: ms(10), toMs: ms(30), alarmId: 'a' },
    { lane: 'smoke', fromMs: ms(40), toMs: ms(50), alarmId: 'b' },
  ]);
});

it('types are lanes of their own, and what has not ended lasts until now', () => {
  const { spans } = of(opened(10, 'motion', 'a'), opened(20, 'temperature', 'b'), recovered(30, 'motion', 'a'));
  expect(spans).toEqual([
    { lane: 'motion', fromMs: ms(10), toMs: ms(30), alarmId: 'a' },
    { lane: 'temperature', fromMs: ms(20), toMs: NOW_MS, alarmId: 'b' },
  ]);
});

it('shelving and silence last as they were recorded; a second shelving of a shelved sensor begins nothing', () => {
  const { spans } = of(event(5, 'SensorShelved'), event(10, 'SensorWentSilent'), event(15, 'SensorShelved'), event(20, 'SensorReturned'), event(25, 'SensorUnshelved'), event(60, 'SensorWentSilent'));
  expect(spans).toEqual([
    { lane: 'silent', fromMs: ms(10), toMs: ms(20), alarmId: null },
    { lane: 'shelved', fromMs: ms(5), toMs: ms(25), alarmId: null },
    { lane: 'silent', fromMs: ms(60), toMs: NOW_MS, alarmId: null },
  ]);
});

it('what began before the first event that is known begins with it', () => {
  const { spans } = of(event(10, 'StrikeRecorded', { alarmType: 'motion', evidence: { readAt: at(9) } }), recovered(20, 'smoke', 'a'), event(30, 'SensorUnshelved'), event(40, 'SensorReturned'));
  expect(spans).toEqual([
    { lane: 'smoke', fromMs: ms(10), toMs: ms(20), alarmId: 'a' },
    { lane: 'shelved', fromMs: ms(10), toMs: ms(30), alarmId: null },
    { lane: 'silent', fromMs: ms(10), toMs: ms(40), alarmId: null },
  ]);
});

it('strikes are where their readings were taken, each in the lane of its type', () => {
  const strike = (alarmType: string, second: number) => event(second + 1, 'StrikeRecorded', { alarmType, evidence: { readAt: at(second) } });
  expect(of(strike('smoke', 3), strike('temperature', 4)).strikes).toEqual([
    { lane: 'smoke', atMs: ms(3) },
    { lane: 'temperature', atMs: ms(4) },
  ]);
});

it('of a sensor without events there is nothing', () => {
  expect(of()).toEqual({ spans: [], strikes: [] });
});
