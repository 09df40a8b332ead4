import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LogRecord } from '../message-log.js';
import { CorruptRecordBatch } from '../record-batch.js';
import { Run, type FetchedRecords } from './fetched-records.js';

/**
 * Records that become objects at a time. So few that the garbage collector meets nearly all of them dead: those that are in use when it comes
 * are moved among the long-lived ones, which a small heap has little room for.
 */
const AT_A_TIME = 16;

/** So often others have their turn. */
const TURN_EVERY_RECORDS = 512;

export interface PartitionRead {
  readonly topic: string;
  readonly partition: number;
  /** What is to be read; `to` is exclusive. */
  readonly range: () => Promise<{ readonly from: number; readonly to: number }>;
  /** The response of a broker from an offset on. It is released here. */
  readonly fetch: (offset: number) => Promise<FetchedRecords>;
  /** Asks again after what may pass. */
  readonly patiently: <T>(ask: () => Promise<T>) => Promise<T>;
}

/** The records of a range, each response of a broker taken apart to its end before the next one is asked for. Thrown: what `patiently` gives up with. */
export async function* readRecords({ topic, partition, range, fetch, patiently }: PartitionRead): AsyncGenerator<LogRecord> {
  const { from, to } = await range();
  let next = from;
  let turnAt = from + TURN_EVERY_RECORDS;
  while (next < to) {
    // The first run is part of what is asked again: a response may not begin with a sound batch.
    const begun = await patiently(async () => beginWith(await fetch(next), topic, partition, next));
    const { fetched } = begun;
    try {
      for (let { run } = begun; ; run = nextRun(fetched, topic, partition, next)) {
        for (const record of run.records) if (record.offset < to) yield record;
        if (run.lastOffset < next) break; // nothing more is in it
        next = run.lastOffset + 1;
        if (next >= to) return;
        if (next < turnAt) continue;
        await nextTurn();
        turnAt = next + TURN_EVERY_RECORDS;
      }
    } catch (error) {
      if (!(error instanceof CorruptRecordBatch)) throw error; // it is asked for again, from there on
    } finally {
      fetched.release();
    }
  }
}

function beginWith(fetched: FetchedRecords, topic: string, partition: number, offset: number): { readonly fetched: FetchedRecords; readonly run: Run<string> } {
  try {
    return { fetched, run: nextRun(fetched, topic, partition, offset) };
  } catch (error) {
    fetched.release();
    throw error;
  }
}

/** What a response has from an offset on, a few records at a time. Thrown: `CorruptRecordBatch`. */
export function nextRun(fetched: FetchedRecords, topic: string, partition: number, offset: number): Run<string> {
  const run = new Run(topic, partition, offset, AT_A_TIME);
  fetched.takeInto(run, Infinity, undefined);
  return run;
}
