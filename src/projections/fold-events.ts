import { decodeEvent } from '../event-store/event-codec.js';
import type { DomainEvent } from '../event-store/event-schemas.js';
import type { RecordedEvent } from '../event-store/event-store.js';
import type { ProjectionCopy } from './projection-sink.js';
import type { ColumnType, Projection, ProjectionRow, StoredRow } from './projection.js';

/** An event that a projection could not take. */
export interface FailedEvent {
  readonly recorded: RecordedEvent;
  readonly error: unknown;
}

/** An event as it is stored and in the domain's form, or why it has none. */
export type DecodedEvent = { readonly recorded: RecordedEvent; readonly event: DomainEvent } | FailedEvent;

/** An event in the domain's form, with the keys of the rows that it changes. */
export interface KeyedEvent {
  readonly recorded: RecordedEvent;
  readonly event: DomainEvent;
  readonly keys: readonly string[];
}

/** Decodes events once, however many projections take them. */
export function decodeBatch(batch: readonly RecordedEvent[]): DecodedEvent[] {
  return batch.map((recorded) => {
    try {
      const event = decodeEvent(recorded);
      if (!event) throw new Error(`event type ${recorded.type} is none of this system's`);
      return { recorded, event };
    } catch (error) {
      return { recorded, error };
    }
  });
}

/** First step: what rows do these events need? */
export function keyEvents(projection: Projection, batch: readonly DecodedEvent[]): { keyed: KeyedEvent[]; failed: FailedEvent[] } {
  const keyed: KeyedEvent[] = [];
  const failed: FailedEvent[] = [];
  for (const decoded of batch) {
    if (!('event' in decoded)) {
      failed.push(decoded);
      continue;
    }
    const { recorded, event } = decoded;
    try {
      keyed.push({ recorded, event, keys: projection.keys(event) });
    } catch (error) {
      failed.push({ recorded, error });
    }
  }
  return { keyed, failed };
}

/**
 * Second step: the rows after these events, from the rows before them.
 *
 * An event at or before a row's position is in that row already. An event that fails changes no row at all.
 * `steps`: every row on the way, event by event.
 */
export function foldEvents(
  projection: Projection,
  before: ReadonlyMap<string, StoredRow>,
  events: readonly KeyedEvent[],
): { changed: StoredRow[]; steps: StoredRow[]; failed: FailedEvent[] } {
  const changed = new Map<string, StoredRow>();
  const steps: StoredRow[] = [];
  const failed: FailedEvent[] = [];
  for (const { recorded, event, keys } of events) {
    try {
      const after: StoredRow[] = [];
      for (const key of keys) {
        const row = changed.get(key) ?? before.get(key);
        if (row && row.position >= recorded.position) continue;
        const values = projection.project(row?.values, event, key);
        checkRow(projection, values);
        after.push({ key, position: recorded.position, values });
      }
      for (const row of after) changed.set(row.key, row);
      steps.push(...after);
    } catch (error) {
      failed.push({ recorded, error });
    }
  }
  return { changed: [...changed.values()], steps, failed };
}

/** Thrown: a TypeError naming the column whose value is not what the projection declares. */
function checkRow(projection: Projection, values: ProjectionRow): void {
  for (const column in projection.columns) {
    const type = projection.columns[column] as ColumnType;
    if (fits(values[column], type)) continue;
    throw new TypeError(`projection ${projection.name}: column ${column} got ${JSON.stringify(values[column])}, expected ${type}`);
  }
}

function fits(value: unknown, type: ColumnType): boolean {
  if (value === null) return type.endsWith(' or null');
  return type.startsWith('text') ? typeof value === 'string' : Number.isSafeInteger(value);
}

/** Both steps: the rows that these events change in a copy, and the events that fail. Writes nothing. */
export async function foldBatch(
  projection: Projection,
  copy: Pick<ProjectionCopy, 'load'>,
  batch: readonly DecodedEvent[],
): Promise<{ rows: readonly StoredRow[]; steps: readonly StoredRow[]; failed: readonly FailedEvent[] }> {
  const { keyed, failed: unreadable } = keyEvents(projection, batch);
  const before = await copy.load([...new Set(keyed.flatMap(({ keys }) => keys))]);
  const { changed, steps, failed } = foldEvents(projection, before, keyed);
  return { rows: changed, steps, failed: [...unreadable, ...failed] };
}
