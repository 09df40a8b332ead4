import { setImmediate as nextTurn } from 'node:timers/promises';
import { alarmMap } from './alarm-map.projection.js';
import type { LibsqlProjectionSink } from './libsql-projection-sink.js';

/** Sensors looked at in one go: some 5 ms of the event loop. */
const SLICE_SENSORS = 4000;

/** Counts the sensors of the alarm map that are no customer's. A sensor's row stays, so only those that are new since the last count are looked at. */
export class UnplacedSensors {
  private counted = { table: '', revision: -1, throughRowid: 0, sensors: 0 };
  private counting: Promise<number> | null = null;

  constructor(private readonly sink: LibsqlProjectionSink) {}

  count(): Promise<number> {
    this.counting ??= this.countNew().finally(() => (this.counting = null));
    return this.counting;
  }

  private async countNew(): Promise<number> {
    for (;;) {
      const { table } = this.sink.liveTable(alarmMap);
      const { revision } = this.sink.places;
      if (table !== this.counted.table || revision !== this.counted.revision) this.counted = { table, revision, throughRowid: 0, sensors: 0 };
      const { throughRowid, sensors } = this.counted;
      const sql = `
        SELECT count(*) AS looked, max(m.rowid) AS last, count(*) - count(p.sensor_id) AS unplaced
        FROM (SELECT rowid, sensorId FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT ${SLICE_SENSORS}) m
        LEFT JOIN places p ON p.sensor_id = m.sensorId`;
      const slice = this.sink.db.get<{ looked: number; last: number; unplaced: number }>(sql, throughRowid);
      if (!slice || slice.looked === 0) return sensors;
      this.counted = { table, revision, throughRowid: slice.last, sensors: sensors + slice.unplaced };
      if (slice.looked < SLICE_SENSORS) return this.counted.sensors;
      await nextTurn();
    }
  }
}
