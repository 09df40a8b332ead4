import type { PlannedMessage } from './message-plan.js';
import { Outbox } from './outbox.js';

function message(index: number, sensorId: number, topic: 'ENTRY' | 'OK' = 'ENTRY'): PlannedMessage {
  return { index, topic, sensorId, movement: false, smoke: false, temperatureCelsius: 20, maxTemperatureCelsius: 30 };
}

function indexes(messages: readonly PlannedMessage[]): number[] {
  return messages.map(({ index }) => index);
}

describe('Outbox', () => {
  it('holds a sensor back until its last message is settled, over both topics', () => {
    const outbox = new Outbox();
    [message(0, 5), message(1, 5, 'OK'), message(2, 6), message(3, 5)].forEach((each) => outbox.add(each));
    expect(indexes(outbox.take('ENTRY', 10))).toEqual([0, 2]);
    expect(outbox.readyFor('OK')).toBe(0);

    outbox.release(5);
    expect(outbox.readyFor('ENTRY')).toBe(0);
    expect(indexes(outbox.take('OK', 10))).toEqual([1]);

    outbox.release(5);
    expect(indexes(outbox.take('ENTRY', 10))).toEqual([3]);
    expect(outbox.size).toBe(0);
  });

  it('lets a sensor send at once when nothing of it is under way', () => {
    const outbox = new Outbox();
    outbox.add(message(0, 5));
    outbox.take('ENTRY', 1);
    outbox.release(5);
    outbox.add(message(1, 5));
    expect(indexes(outbox.take('ENTRY', 1))).toEqual([1]);
  });

  it('gives no more than asked for, the oldest first', () => {
    const outbox = new Outbox();
    for (let i = 0; i < 5; i++) outbox.add(message(i, i));
    expect(indexes(outbox.take('ENTRY', 2))).toEqual([0, 1]);
    expect(outbox.size).toBe(3);
  });
});
