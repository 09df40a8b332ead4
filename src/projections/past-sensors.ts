import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ShelvingReason } from '../alarm-domain/alarm-life-events.js';
import type { LibsqlProjectionSink } from './libsql-projection-sink.js';
import { lifeEvents, type LifeEventRow } from './life-events.projection.js';
import { isIn, type PastScope } from './past-scope.js';
import type { Projection } from './projection.js';
import { shelvedSensors } from './shelved-sensors.projection.js';
import { silentSensors } from './silent-sensors.projection.js';

/** A sensor that was shelved at a time. `since`: when the shelving in force was recorded. `zone` and `geohash` are today's. */
export interface PastShelved {
  readonly sensorId: string;
  readonly since: string;
  readonly until: string;
  readonly by: string;
  readonly reason: ShelvingReason;
  /** The event under which its note is stored; null when there is none. */
  readonly noteEventId: string | null;
  readonly zone: string | null;
  readonly geohash: string | null;
}

/** A sensor that was silent at a time. `since`: when that was noted, after so long a silence. */
export interface PastSilent {
  readonly sensorId: string;
  readonly since: string;
  readonly silentForMs: number;
  readonly zone: string | null;
  readonly geohash: string | null;
}

/** The last to begin first. */
export interface PastList<Item> {
  readonly total: number;
  readonly items: readonly Item[];
}

type FoundRow = LifeEventRow & { readonly key: string; readonly zone: string | null; readonly geohash: string | null };

/** Sensors looked up in one go: some 5 ms of the event loop. */
const SLICE_SENSORS = 500;

/** Of so many of a sensor's last events that of the highest position counts: two processes' clocks may differ. */
const LAST_EVENTS = 8;

/** Which sensors were shelved and which silent at a time of recording. It looks at the sensors that ever were, not at all that happened. Thrown by every method: `ReadModelUnavailable`. */
export class PastSensors {
  constructor(
    private readonly sink: LibsqlProjectionSink,
    private readonly sliceSensors = SLICE_SENSORS,
  ) {}

  async shelved(asOf: string, query: PastScope): Promise<PastList<PastShelved>> {
    const { total, items } = await this.whoseLastIs('SensorShelved', 'shelving', shelvedSensors, asOf, query);
    return { total, items: items.map(toShelved) };
  }

  async silent(asOf: string, query: PastScope): Promise<PastList<PastSilent>> {
    const { total, items } = await this.whoseLastIs('SensorWentSilent', 'silence', silentSensors, asOf, query);
    return { total, items: items.map(({ sensorId, recordedAt, silentForMs, zone, geohash }) => ({ sensorId: String(sensorId), since: recordedAt, silentForMs: silentForMs ?? 0, zone, geohash })) };
  }

  private async whoseLastIs(
    type: LifeEventRow['type'],
    subject: LifeEventRow['subject'],
    everyOne: Projection,
    asOf: string,
    { zone, cell, limit }: PastScope,
  ): Promise<PastList<FoundRow>> {
    let items: FoundRow[] = [];
    let total = 0;
    for (let after: string | null = ''; after !== null; await nextTurn()) {
      const [sensors, events] = [this.sink.liveTable(everyOne).table, this.sink.liveTable(lifeEvents).table];
      const lasts = `SELECT key FROM ${events} WHERE sensorId = s.sensorId AND subject = ? AND recordedAt <= ? ORDER BY recordedAt DESC LIMIT ${LAST_EVENTS}`;
      const sql = `SELECT e.*, p.zone, p.geohash
        FROM (SELECT (SELECT x.key FROM ${events} x WHERE x.key IN (${lasts}) ORDER BY x.position DESC LIMIT 1) AS id FROM ${sensors} s WHERE s.key > ? ORDER BY s.key LIMIT ?) l
        CROSS JOIN ${events} e ON e.key = l.id LEFT JOIN places p ON p.sensor_id = e.sensorId WHERE e.type = ?`;
      const found = this.sink.db.all<FoundRow>(sql, subject, asOf, after, this.sliceSensors, type);
      const wanted = found.filter((row) => (zone === undefined || row.zone === zone) && isIn(row, cell));
      total += wanted.length;
      items = [...items, ...wanted].sort(lastFirst).slice(0, limit);
      const end = `SELECT key FROM ${sensors} WHERE key > ? ORDER BY key LIMIT 1 OFFSET ${this.sliceSensors - 1}`;
      after = this.sink.db.get<{ key: string }>(end, after)?.key ?? null;
    }
    return { total, items };
  }
}

function lastFirst(one: FoundRow, other: FoundRow): number {
  return one.recordedAt === other.recordedAt ? one.sensorId - other.sensorId : one.recordedAt < other.recordedAt ? 1 : -1;
}

function toShelved({ key, sensorId, recordedAt, until, by, reason, hasNote, zone, geohash }: FoundRow): PastShelved {
  return { sensorId: String(sensorId), since: recordedAt, until: until ?? '', by: by ?? '', reason: reason ?? 'other', noteEventId: hasNote === 1 ? key : null, zone, geohash };
}
