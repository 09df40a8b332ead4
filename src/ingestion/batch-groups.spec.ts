import type { LogRecord } from '../message-log/message-log.js';
import { groupsOf } from './batch-groups.js';
import { readBatch } from './read-batch.js';

interface Shape {
  readonly topic?: 'ENTRY' | 'OK';
  /** How many records, or the sensors that they are of. */
  readonly records?: number | readonly number[];
  readonly skipped?: number;
  readonly isOutOfOrder?: boolean;
}

/** The groups as the places of their batches. */
function groupedPlaces(...shapes: Shape[]): number[][] {
  const batches = shapes.map(({ topic = 'ENTRY', records = 0, skipped = 0, isOutOfOrder = false }) => {
    const sensors = typeof records === 'number' ? Array.from({ length: records }, (_, index) => 1_000 + index) : records;
    return readBatch('a', 0, {
      topic, partition: 0, firstOffset: 0, lastOffset: 0, lastAppendedAtMs: 0, discarded: 0,
      skipped: Array.from({ length: skipped }, (_, offset) => offset), records: sensors.map(recordOf), isOutOfOrder,
    });
  });
  return groupsOf(batches).map((group) => group.map((batch) => batches.indexOf(batch)));
}

function recordOf(sensorId: number): LogRecord {
  return { offset: 0, key: Buffer.from(String(sensorId)), value: Buffer.from(`[${sensorId}, true, false, 20, 30]`), headers: {}, appendedAtMs: 0 };
}

describe('groups of batches', () => {
  it('are all that are in order, up to a reading behind an OK of its sensor', () => {
    const ok = (...records: number[]): Shape => ({ topic: 'OK', records });
    expect(groupedPlaces({}, { records: [1, 2] }, ok(1, 3), { records: [2] }, ok(1), ok(4), { records: [5, 4] }, { records: [1, 3] }, ok(2))).toEqual([[0, 1, 2, 3, 4, 5], [6, 7, 8]]);
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
