import { brief, contextWith, given, heat, motion, ok, play, readAt, reading, smoke } from '../../test/support/sensor-messages.js';
import type { AlarmTriggered, SensorEvent } from './alarm-events.js';
import type { SensorMessage } from './sensor-message.js';
import { decide, evolve, INITIAL_SENSOR, REMEMBERED_MESSAGE_IDS } from './sensor.js';

describe('R1: a normal reading is discarded', () => {
  it('yields nothing', () => given([]).when(reading(1)).thenNormal());
  it('takes the reading’s own maximum itself as normal', () =>
    given([]).when(reading(1, { temperatureCelsius: 30, maxTemperatureCelsius: 30 })).thenNormal());
  it('is above the maximum from the smallest step on', () =>
    given([]).when(reading(1, { temperatureCelsius: 30.000001 })).then(['StrikeRecorded temperature 1/3']));
});

describe('R2: movement triggers at once', () => {
  it('opens an alarm with the reading as evidence', () => {
    const [event] = given([]).when(motion(5)).yields(['AlarmTriggered motion']) as [AlarmTriggered];
    expect(event.data.evidence).toEqual([
      expect.objectContaining({ movement: true, readAt: '2026-03-01T12:00:05.000Z', source: expect.objectContaining({ topic: 'ENTRY', offset: 5 }) }),
    ]);
    expect(event.data.triggeredAt).toBe('2026-03-01T12:00:05.000Z');
  });
});

describe('R3: the third strike of a type triggers', () => {
  it('keeps the first', () => given([]).when(smoke(1)).then(['StrikeRecorded smoke 1/3']));
  it('keeps the second', () => given([smoke(1)]).when(smoke(2)).then(['StrikeRecorded smoke 2/3']));
  it('triggers with the third, and all three are the evidence', () => {
    const events = given([smoke(1), smoke(2)]).when(smoke(3)).yields(['StrikeRecorded smoke 3/3', 'AlarmTriggered smoke']);
    const alarm = events[1] as AlarmTriggered;
    expect(alarm.data.evidence.map((strike) => strike.source.offset)).toEqual([1, 2, 3]);
    expect(alarm.data.policy).toEqual({ n: 3, windowMs: null, clearOnNormal: false });
  });
  it('counts each type for itself', () =>
    given([smoke(1), smoke(2), heat(3)]).when(heat(4)).then(['StrikeRecorded temperature 2/3']));
  it('takes one reading for several types', () =>
    given([smoke(1), smoke(2)])
      .when(reading(3, { movement: true, smoke: true, temperatureCelsius: 99 }))
      .then(['AlarmTriggered motion', 'StrikeRecorded smoke 3/3', 'AlarmTriggered smoke', 'StrikeRecorded temperature 1/3']));
  it('is not cleared by a normal reading, nor by time', () =>
    given([smoke(1), reading(2), smoke(3), reading(4)]).when(smoke(1_000_000)).then(['StrikeRecorded smoke 3/3', 'AlarmTriggered smoke']));
  it('n: the policy may ask for another number', () =>
    given([], { n: 1 }).when(smoke(1)).then(['StrikeRecorded smoke 1/1', 'AlarmTriggered smoke']));
  it('window: an older strike does not count', () =>
    given([smoke(1), smoke(50)], { windowMs: 60_000 }).when(smoke(62)).then(['StrikeRecorded smoke 2/3']));
  it('window: a strike just as old as the window counts', () =>
    given([smoke(1), smoke(50)], { windowMs: 60_000 }).when(smoke(61)).then(['StrikeRecorded smoke 3/3', 'AlarmTriggered smoke']));
  it('window: it holds both ways, for a reading that comes late', () => {
    given([smoke(1), smoke(2)], { windowMs: 60_000 }).when(readAt(smoke(3), -7200)).then(['StrikeRecorded smoke 1/3']);
    given([smoke(1), smoke(2)], { windowMs: 60_000 }).when(readAt(smoke(3), -30)).then(['StrikeRecorded smoke 3/3', 'AlarmTriggered smoke']);
  });
  it('window: late readings do not push out strikes that still count', () =>
    given([smoke(1), smoke(50), readAt(smoke(51), -300), readAt(smoke(52), -900), readAt(smoke(53), -600)], { windowMs: 60_000 })
      .when(smoke(54))
      .then(['StrikeRecorded smoke 3/3', 'AlarmTriggered smoke']));
  it('window: all strikes must lie in the same one, not each within one of the newest to arrive', () =>
    given([smoke(1), smoke(100)], { windowMs: 60_000 }).when(readAt(smoke(101), 50)).then(['StrikeRecorded smoke 2/3']));
  it('window: a late reading counts in the window that has the most', () =>
    given([smoke(1), smoke(100), smoke(105)], { windowMs: 60_000 }).when(readAt(smoke(106), 50)).then(['StrikeRecorded smoke 3/3', 'AlarmTriggered smoke']));
  it('window: the alarm is the same in whatever order its readings come, with the evidence in the order of their times', () => {
    for (const order of [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]]) {
      const [first, second, third] = order.map((time, arrival) => readAt(smoke(10 + arrival), time)) as [SensorMessage, SensorMessage, SensorMessage];
      const [, alarm] = given([first, second], { windowMs: 2000 }).when(third).yields(['StrikeRecorded smoke 3/3', 'AlarmTriggered smoke']) as [SensorEvent, AlarmTriggered];
      expect(alarm.data.evidence.map((strike) => Date.parse(strike.readAt) % 60_000)).toEqual([1000, 2000, 3000]);
      expect(alarm.data.triggeredAt).toBe(third.readAt);
    }
  });
  it('window: the alarm uses up all strikes of its type, those outside its window as well', () =>
    // Received after the OK, in another partition: the OK would leave it.
    given([readAt(reading(9, { smoke: true, topicPartition: 1 }), -90), smoke(2), smoke(3), smoke(4), ok(5)], { windowMs: 60_000 })
      .when(readAt(smoke(10), -89))
      .then(['StrikeRecorded smoke 1/3']));
  it('window: a late reading that comes again counts once', () =>
    given([smoke(1), readAt(smoke(2, 'm'), -9)], { windowMs: 60_000 }).when(readAt(smoke(3, 'm'), -9)).thenIgnored('duplicate'));
  it('clearOnNormal: a normal reading clears the strikes', () =>
    given([smoke(1), smoke(2)], { clearOnNormal: true }).when(reading(3)).then(['StrikesCleared smoke by normal-reading']));
  it('clearOnNormal: the count then begins again', () =>
    given([smoke(1), smoke(2), reading(3)], { clearOnNormal: true }).when(smoke(4)).then(['StrikeRecorded smoke 1/3']));
  it('clearOnNormal: without strikes a normal reading is discarded', () => given([], { clearOnNormal: true }).when(reading(3)).thenNormal());
});

describe('P3: what was handled before an OK is not decided again after it', () => {
  const handledThrough = [{ log: 'log', topic: 'ENTRY', partition: 0, epoch: 0, offset: 3 }];
  const afterOk = (context: ReturnType<typeof contextWith>) => {
    // Motion while the alarm was open, at offset 3, yielded no event and so left no trace of its own.
    const { state } = play([motion(1)], contextWith());
    const recovery = decide(state, ok(5), context);
    if (recovery.type !== 'events') throw new Error(recovery.type);
    return recovery.events.reduce(evolve, state);
  };

  it('is known from the OK’s events to one who still has it in hand', () => {
    const state = afterOk({ ...contextWith(), handledThrough });
    expect(decide(state, motion(3), contextWith())).toEqual({ type: 'ignored', reason: 'duplicate' });
    expect(decide(state, motion(4), contextWith()).type).toBe('events');
  });
  it('would raise a false alarm otherwise', () => expect(decide(afterOk(contextWith()), motion(3), contextWith()).type).toBe('events'));
});

describe('R5: an OK recovers every open alarm and clears the strikes', () => {
  it('recovers all types', () =>
    given([reading(1, { movement: true, smoke: true }), smoke(2), smoke(3)])
      .when(ok(4))
      .then(['AlarmRecovered motion', 'AlarmRecovered smoke']));
  it('names the alarm that it recovers', () => {
    const [triggered] = given([]).when(motion(1)).yields(['AlarmTriggered motion']) as [AlarmTriggered];
    const [recovered] = given([motion(1)]).when(ok(2)).yields(['AlarmRecovered motion']);
    expect(recovered?.data).toMatchObject({ alarmId: triggered.data.alarmId, by: 'ok-message' });
  });
  it('clears strikes without an alarm', () => given([smoke(1), heat(2)]).when(ok(3)).then(['StrikesCleared smoke+temperature by ok-message']));
  it('recovers and clears at once', () =>
    given([motion(1), smoke(2)]).when(ok(3)).then(['AlarmRecovered motion', 'StrikesCleared smoke by ok-message']));
  it('begins the count again', () => given([smoke(1), smoke(2), ok(3)]).when(smoke(4)).then(['StrikeRecorded smoke 1/3']));
  it('is ignored when there is nothing to do', () => given([reading(1)]).when(ok(2)).thenIgnored('no-open-alarm'));
  it('leaves what was received after it alone (P7)', () => {
    given([motion(5)]).when(ok(4)).thenIgnored('late');
    given([smoke(5)]).when(ok(4)).thenIgnored('late');
    given([motion(1), smoke(5)]).when(ok(4)).then(['AlarmRecovered motion']);
    given([smoke(1), smoke(5)]).when(ok(4)).then(['StrikesCleared smoke by ok-message']);
    given([smoke(1), smoke(5), ok(4)]).when(smoke(6)).then(['StrikeRecorded smoke 2/3']);
  });
});

describe('P7: an OK that comes after readings that were received after it', () => {
  it('recovers the alarm from before it, and what was ignored for that alarm counts', () => {
    given([motion(1), motion(5)]).when(ok(4)).then(['AlarmRecovered motion', 'AlarmTriggered motion']);
    given([smoke(1), smoke(2), smoke(3), smoke(5), smoke(6)]).when(ok(4)).then(['AlarmRecovered smoke', 'StrikeRecorded smoke 1/3', 'StrikeRecorded smoke 2/3']);
  });
  it('leaves the same alarm as it would have in its order', () => {
    const [, late] = given([motion(1), motion(5), motion(6)]).when(ok(4)).yields(['AlarmRecovered motion', 'AlarmTriggered motion']) as [SensorEvent, AlarmTriggered];
    const [inOrder] = given([motion(1), ok(4)]).when(motion(5)).yields(['AlarmTriggered motion']) as [AlarmTriggered];
    expect(late.data).toEqual(inOrder.data);
    expect(late.id).toBe(inOrder.id);
    expect(late.metadata.source.topic).toBe('OK'); // one outcome for each record: the reading’s was that its alarm was open
  });
  it('begins the new alarm with the reading that completes it', () => {
    const events = given([smoke(1), smoke(2), smoke(3), smoke(5), smoke(6), smoke(7)]).when(ok(4)).yields([
      'AlarmRecovered smoke', 'StrikeRecorded smoke 1/3', 'StrikeRecorded smoke 2/3', 'StrikeRecorded smoke 3/3', 'AlarmTriggered smoke',
    ]);
    expect((events.at(-1) as AlarmTriggered).data).toMatchObject({ triggeredAt: smoke(7).readAt, evidence: [{ source: { offset: 5 } }, { source: { offset: 6 } }, { source: { offset: 7 } }] });
    expect(new Set(events.map(({ id }) => id)).size).toBe(5);
  });
  it('takes readings at its own time as before it, as with alarms', () =>
    given([motion(1), motion(4)]).when(ok(4)).then(['AlarmRecovered motion']));
  it('takes what another type of the reading had found open', () =>
    given([motion(1), reading(5, { movement: true, smoke: true })]).when(ok(4)).then(['AlarmRecovered motion', 'AlarmTriggered motion']));
  it('does so for each OK in turn', () =>
    given([motion(1), motion(5), motion(9), ok(4)]).when(ok(8)).then(['AlarmRecovered motion', 'AlarmTriggered motion']));
  it('takes a reading that came again once', () =>
    given([smoke(1), smoke(2), smoke(3), smoke(5, 'm'), smoke(6, 'm'), smoke(5)]).when(ok(4)).then(['AlarmRecovered smoke', 'StrikeRecorded smoke 1/3']));
  it('loses no alarm to the bound of the noted readings', () => {
    const many = Array.from({ length: 40 }, (_, index) => smoke(5 + index));
    given([motion(1), ...Array.from({ length: 40 }, (_, index) => motion(5 + index))]).when(ok(4)).then(['AlarmRecovered motion', 'AlarmTriggered motion']);
    given([smoke(1), smoke(2), smoke(3), ...many]).when(ok(4)).then([
      'AlarmRecovered smoke', 'StrikeRecorded smoke 1/3', 'StrikeRecorded smoke 2/3', 'StrikeRecorded smoke 3/3', 'AlarmTriggered smoke',
    ]);
  });
  it('out of order, the reading is an event, so that it is known to others and after a crash', () => {
    const outOfOrder = { ...contextWith(), isOutOfOrder: true };
    const { events } = play([motion(1), motion(5)], outOfOrder);
    expect(brief(events)).toEqual(['AlarmTriggered motion', 'ReadingNoted motion']);
    const folded = events.reduce(evolve, INITIAL_SENSOR);
    const decision = decide(folded, ok(4), contextWith());
    expect(decision.type === 'events' && brief(decision.events)).toEqual(['AlarmRecovered motion', 'AlarmTriggered motion']);
  });
});

describe('R7: one open alarm per sensor and type', () => {
  it('ignores further readings of the type', () => {
    given([motion(1)]).when(motion(2)).thenIgnored('alarm-open');
    given([smoke(1), smoke(2), smoke(3)]).when(smoke(4)).thenIgnored('alarm-open');
  });
  it('still takes other types', () => given([motion(1)]).when(reading(2, { movement: true, smoke: true })).then(['StrikeRecorded smoke 1/3']));
  it('opens a new alarm with a new id after recovery', () => {
    const [first] = given([]).when(motion(1)).yields(['AlarmTriggered motion']) as [AlarmTriggered];
    const [second] = given([motion(1), ok(2)]).when(motion(3)).yields(['AlarmTriggered motion']) as [AlarmTriggered];
    expect(second.data.alarmId).not.toBe(first.data.alarmId);
  });
});

describe('redelivery', () => {
  it('ignores a record at or below the last position of its partition', () => {
    given([smoke(5)]).when(smoke(5)).thenIgnored('duplicate');
    given([smoke(5)]).when(smoke(4)).thenIgnored('duplicate');
  });
  it('does so after the alarm was recovered, when the record had been ignored as alarm-open', () =>
    given([motion(1), motion(2), ok(3)]).when(motion(2)).thenIgnored('duplicate'));
  it('does not compare partitions with each other', () =>
    given([smoke(5)]).when(reading(4, { smoke: true, topicPartition: 1 })).then(['StrikeRecorded smoke 2/3']));
  it('takes a lower offset of a later epoch as new', () => {
    const message = smoke(4);
    const reborn = { ...message, source: { ...message.source, epoch: 1 } };
    given([smoke(5)]).when(reborn).then(['StrikeRecorded smoke 2/3']);
  });
  it('recognises a messageId at another position', () => {
    given([smoke(1, 'm1')]).when(smoke(2, 'm1')).thenIgnored('duplicate');
    given([motion(1, 'm1'), ok(2)]).when(motion(3, 'm1')).thenIgnored('duplicate');
    given([motion(1), motion(2, 'm2'), ok(3)]).when(motion(4, 'm2')).thenIgnored('duplicate');
  });
  it('remembers a bounded number of messageIds', () => {
    const many = Array.from({ length: REMEMBERED_MESSAGE_IDS }, (_, index) => motion(index + 2, `m${index}`));
    given([motion(1, 'first'), ...many.slice(1)]).when(motion(99, 'first')).thenIgnored('duplicate');
    given([motion(1, 'first'), ...many]).when(motion(99, 'first')).thenIgnored('alarm-open');
  });
  it('gives the same record the same events, ids included', () => {
    const once = given([smoke(1), smoke(2)]).when(smoke(3)).decision;
    const again = given([smoke(1), smoke(2)]).when(smoke(3)).decision;
    expect(again).toEqual(once);
  });
  it('gives every event of one record an id of its own', () => {
    const events = given([smoke(1), smoke(2), heat(3), heat(4)])
      .when(reading(5, { movement: true, smoke: true, temperatureCelsius: 99 }))
      .yields(['AlarmTriggered motion', 'StrikeRecorded smoke 3/3', 'AlarmTriggered smoke', 'StrikeRecorded temperature 3/3', 'AlarmTriggered temperature']);
    const ids = events.flatMap((event) => (event.type === 'AlarmTriggered' ? [event.id, event.data.alarmId] : [event.id]));
    expect(new Set(ids).size).toBe(8);
  });
});

describe('metadata', () => {
  it('says where an event came from, by which clocks, and what caused it', () => {
    const message = { ...motion(9, 'm9'), sensorAt: '2026-03-01T11:59:59.000Z', readAt: '2026-03-01T11:59:59.000Z' };
    const [event] = given([]).when(message).yields(['AlarmTriggered motion']);
    expect(event?.metadata).toEqual({
      schemaVersion: 1,
      source: { log: 'log', topic: 'ENTRY', partition: 0, epoch: 0, offset: 9 },
      messageId: 'm9',
      sensorAt: '2026-03-01T11:59:59.000Z',
      receivedAt: '2026-03-01T12:00:09.000Z',
      recordedAt: '2026-03-01T13:00:00.000Z',
      correlationId: expect.any(String),
      causationId: 'log/ENTRY/0/0/9',
    });
    expect((event as AlarmTriggered).data.triggeredAt).toBe('2026-03-01T11:59:59.000Z');
  });
});
