import { DueQueue } from './due-queue.js';
import { Random } from './random.js';

describe('DueQueue', () => {
  it('gives the items by the time they are due, those of one time as they were added', () => {
    const random = Random.seeded('queue');
    const queue = new DueQueue<{ due: number; number: number }>();
    const items = Array.from({ length: 500 }, (_, number) => ({ due: random.integer(0, 50), number }));
    for (const item of items) queue.add(item.due, item);
    const given = Array.from({ length: 500 }, () => queue.takeDue(50));
    expect(given).toEqual([...items].sort((a, b) => a.due - b.due || a.number - b.number));
    expect(queue.takeDue(Infinity)).toBeNull();
  });

  it('holds back what is not due yet', () => {
    const queue = new DueQueue<string>();
    queue.add(10, 'later');
    expect(queue.takeDue(9)).toBeNull();
    expect(queue.size).toBe(1);
    expect(queue.takeDue(10)).toBe('later');
  });
});
