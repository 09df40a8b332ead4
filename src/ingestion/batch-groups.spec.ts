import type { LogBatch, LogRecord } from '../message-log/message-log.js';
import { groupsOf } from './batch-groups.js';

interface Shape {
  readonly topic?: 'ENTRY' | 'OK';
  readonly records?: number;
  readonly skipped?: number;
  readonly isOutOfOrder?: boolean;
}

/** The groups as the places of their batches. */
function groupedPlaces(...shapes: Shape[]): number[][] {
  const batches = shapes.map(({ topic = 'ENTRY', records = 0, skipped = 0, isOutOfOrder = false }): LogBatch => ({
    topic, partition: 0, firstOffset: 0, lastOffset: 0, lastAppendedAtMs: 0, discarded: 0,
    skipped: Array.from({ length: skipped }, (_, offset) => offset), records: Array.from({ length: records }, () => ({}) as LogRecord), isOutOfOrder,
  }));
  return groupsOf(batches).map((group) => group.map((batch) => batches.indexOf(batch)));
}

describe('groups of batches', () => {
  it('are all that are in order, up to an OK', () => {
    expect(groupedPlaces({}, { records: 3 }, { topic: 'OK' }, { topic: 'OK' }, {}, { topic: 'OK' }, {})).toEqual([[0, 1, 2, 3], [4, 5], [6]]);
  });

  it('have room for so many records, and offsets without one, as a receipt can name', () => {
    expect(groupedPlaces({ records: 2_000 }, { skipped: 3_000 }, { records: 1 }, { records: 5_000 }, {}, { records: 4_999 }, { skipped: 2 })).toEqual([[0, 1], [2], [3, 4], [5], [6]]);
  });

  it('do not hold what is out of order together with anything', () => {
    const isOutOfOrder = true;
    expect(groupedPlaces({}, { isOutOfOrder }, { isOutOfOrder }, {}, {})).toEqual([[0], [1], [2], [3, 4]]);
  });

  it('of nothing are none', () => {
    expect(groupedPlaces()).toEqual([]);
  });
});
