import { isDeepStrictEqual } from 'node:util';
import { Building, RebuildStopped } from './building.js';
import type { LiveProjection } from './live-projection.js';
import type { ProjectionCopy } from './projection-sink.js';
import type { StoredRow } from './projection.js';
import type { RebuildOptions } from './rebuild.js';

/** How a read model differs from what its events come to. */
export interface Comparison {
  readonly name: string;
  /** Null when there was no live copy of this version to compare with, or it could not be compared. */
  readonly rows: number | null;
  /** 1 when it could not be compared, as it can't take some event: for want of what another event should have told, perhaps. */
  readonly differing: number;
}

/**
 * Builds a copy from the first event up to where the live one is, compares row by row, and removes it (P6). As in a rebuild, the live
 * copy waits only for the last few events and the comparison. An event that it can't take is told as a difference. Thrown: the errors of store and sink.
 */
export async function compareWithEvents(live: LiveProjection, options: RebuildOptions, onDifference: (line: string) => void): Promise<Comparison> {
  const { name } = live.projection;
  await live.open();
  const building = new Building(live, await options.sink.createCopy(live.projection), options);
  try {
    await building.through(live.position);
    return await live.exclusive(async (current) => {
      if (current === null) return { name, rows: null, differing: 0 };
      await building.through(await current.checkpoint());
      let [rows, differing] = [0, 0];
      for await (const { key, is, should } of pairs(current, building.copy)) {
        rows += 1;
        if (is && should && isDeepStrictEqual(is, should)) continue;
        differing += 1;
        onDifference(`${name}: row ${key} is ${textOf(is)}, expected ${textOf(should)}`);
      }
      return { name, rows, differing };
    });
  } catch (error) {
    if (!(error instanceof RebuildStopped)) throw error;
    onDifference(error.message);
    return { name, rows: null, differing: 1 };
  } finally {
    // A copy that can't be dropped now is dropped at the next start.
    await options.sink.drop(building.copy).catch(() => undefined);
  }
}

interface Pair {
  readonly key: string;
  readonly is: StoredRow | null;
  readonly should: StoredRow | null;
}

/** The rows of both by key; null for one that the other has alone. */
async function* pairs(current: ProjectionCopy, built: ProjectionCopy): AsyncIterable<Pair> {
  const [left, right] = [rowsOf(current), rowsOf(built)];
  let [is, should] = [await next(left), await next(right)];
  while (is || should) {
    const key = !should || (is && is.key < should.key) ? (is as StoredRow).key : should.key;
    const [isNow, shouldNow] = [is?.key === key ? is : null, should?.key === key ? should : null];
    yield { key, is: isNow, should: shouldNow };
    if (isNow) is = await next(left);
    if (shouldNow) should = await next(right);
  }
}

async function next(rows: AsyncIterator<StoredRow>): Promise<StoredRow | null> {
  const result = await rows.next();
  return result.done === true ? null : result.value;
}

async function* rowsOf(copy: ProjectionCopy): AsyncGenerator<StoredRow> {
  if (!copy.pages) throw new Error(`the rows of ${copy.projection.name} can't be listed where they are kept`);
  for await (const page of copy.pages()) yield* page;
}

function textOf(row: StoredRow | null): string {
  return row === null ? 'missing' : JSON.stringify(row.values);
}
