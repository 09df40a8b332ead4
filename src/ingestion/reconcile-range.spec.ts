import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pipeline } from '../../test/support/pipeline.js';
import { receiptIn, tampered } from '../../test/support/tampered-store.js';
import { systemClock } from '../clock.js';
import type { RecordedEvent } from '../event-store/event-store.js';
import type { Receipt } from './receipt.js';
import { reconcile, type Reconciliation } from './reconcile.js';

const NORMAL = '{"7", "false", "false", "20.0", "30.0"}';
const MOTION = '{"7", "true", "false", "20.0", "30.0"}';

const BEGUN_MS = Date.parse('2026-01-01T00:00:00Z');
const MINUTE_MS = 60_000;

type Change = (event: RecordedEvent) => RecordedEvent[];
const unchanged: Change = (event) => [event];
const without = (isLost: (receipt: Receipt) => boolean): Change => (event) => {
  const receipt = receiptIn(event);
  return receipt !== null && isLost(receipt) ? [] : [event];
};
const withReceipt = (isMeant: (receipt: Receipt) => boolean, change: Partial<Receipt>): Change => (event) => {
  const receipt = receiptIn(event);
  return [receipt !== null && isMeant(receipt) ? { ...event, data: { ...receipt, ...change } } : event];
};
const withoutAlarms: Change = (event) => (event.type === 'AlarmTriggered' ? [] : [event]);

let pipeline: Pipeline;
let minute: number;
const logClock = { ...systemClock, now: () => BEGUN_MS + minute * MINUTE_MS };

beforeEach(async () => {
  minute = 0;
  pipeline = await Pipeline.open({ logClock });
});
afterEach(() => pipeline.close());

async function sendIn(atMinute: number, ...bodies: string[]): Promise<void> {
  minute = atMinute;
  await pipeline.send('ENTRY', ...bodies);
}

async function handleIn(atMinute: number, ...bodies: string[]): Promise<void> {
  await sendIn(atMinute, ...bodies);
  await pipeline.drain();
}

/** From the beginning of a minute to the end of one; null is no bound. */
function sums(change: Change, from: number | null = null, to: number | null = null): Promise<Reconciliation> {
  const range = { fromMs: from === null ? 0 : BEGUN_MS + from * MINUTE_MS, toMs: to === null ? Infinity : BEGUN_MS + to * MINUTE_MS + MINUTE_MS - 1 };
  return reconcile(pipeline.log, tampered(pipeline.realStore, change), pipeline.deadLetters, undefined, undefined, range);
}

describe('reconcile over a range', () => {
  const handleAll = async (): Promise<void> => {
    await handleIn(1, NORMAL);
    await handleIn(2, NORMAL, MOTION);
    await handleIn(3, NORMAL, NORMAL, NORMAL);
  };

  it.each<[number | null, number | null, number]>([[null, null, 6], [null, 1, 1], [null, 2, 3], [2, 2, 2], [2, null, 5], [3, 3, 3], [4, null, 0], [null, 0, 0]])(
    'finds nothing when nothing is wrong, from %s to %s', async (from, to, records) => {
      await handleAll();
      expect(await sums(unchanged, from, to)).toMatchObject({ records, unaccounted: 0, doubled: 0, problems: [] });
    },
  );

  // The receipts begin at 0, 1 and 3.
  it.each<[string, number, number | null, number | null, number]>([
    ['the first', 0, null, null, 1], ['the first', 0, null, 1, 1], ['the first', 0, 1, 1, 1], ['the first', 0, null, 2, 1], ['the first', 0, 2, null, 0],
    ['a middle one', 1, null, null, 2], ['a middle one', 1, 2, 2, 2], ['a middle one', 1, 2, null, 2], ['a middle one', 1, null, 2, 2], ['a middle one', 1, 1, 3, 2], ['a middle one', 1, 3, null, 0], ['a middle one', 1, null, 1, 0],
    ['the last', 3, null, null, 3], ['the last', 3, 3, 3, 3], ['the last', 3, 3, null, 3], ['the last', 3, null, 3, 3], ['the last', 3, null, 2, 0],
  ])('finds that %s receipt (offset %d) is lost, from %s to %s', async (_, first, from, to, unaccounted) => {
    await handleAll();
    expect(await sums(without((receipt) => receipt.first === first), from, to)).toMatchObject({ unaccounted, doubled: 0 });
  });

  it('counts a record of a lost receipt in the range in which it was appended', async () => {
    await sendIn(1, NORMAL);
    await handleIn(2, NORMAL, NORMAL);
    await handleIn(3, NORMAL);
    const lost = without(({ first }) => first === 0);
    expect(await sums(lost, null, 1)).toMatchObject({ records: 1, unaccounted: 1, problems: [expect.stringMatching(/no receipt for offsets 0 to 0$/)] });
    expect(await sums(lost, 2, 2)).toMatchObject({ records: 2, unaccounted: 2, problems: [expect.stringMatching(/no receipt for offsets 1 to 2$/)] });
    expect(await sums(lost, 3)).toMatchObject({ records: 1, unaccounted: 0 });
  });

  it('counts what a lost receipt told of records that the log has no more, where they may have been', async () => {
    await handleAll();
    const [{ partition } = { partition: 0 }] = (await pipeline.log.describe('ENTRY')).filter(({ endOffset }) => endOffset > 0);
    await pipeline.log.trim('ENTRY', partition, { appendedBeforeMs: logClock.now(), throughOffset: 2 });
    const lost = without(({ first }) => first === 1);
    expect(await sums(lost, 2, 2)).toMatchObject({ records: 2, unaccounted: 2 });
    expect(await sums(lost, null, 0)).toMatchObject({ records: 0, unaccounted: 0 });
    expect(await sums(lost, 4)).toMatchObject({ records: 0, unaccounted: 0 });
  });

  it('finds what was never handled', async () => {
    await sendIn(1, MOTION, NORMAL);
    await sendIn(2, NORMAL);
    for (const [from, to, unaccounted] of [[null, null, 3], [null, 1, 2], [null, 2, 3], [2, 2, 1], [2, null, 1], [3, null, 0], [null, 0, 0]] as const) {
      expect({ from, to, ...(await sums(unchanged, from, to)) }).toMatchObject({ from, to, records: unaccounted, unaccounted, doubled: 0 });
    }
    await pipeline.drain();
    await sendIn(3, NORMAL);
    expect(await sums(unchanged, null, 2)).toMatchObject({ records: 3, unaccounted: 0 });
    expect(await sums(unchanged, null, 3)).toMatchObject({ records: 4, unaccounted: 1 });
  });

  it('finds a lost event in the range, and not that of another', async () => {
    await handleAll();
    for (const [from, to, unaccounted] of [[2, 2, 1], [null, 2, 1], [2, null, 1], [3, null, 0], [null, 1, 0]] as const) {
      expect({ from, to, ...(await sums(withoutAlarms, from, to)) }).toMatchObject({ from, to, unaccounted, doubled: 0 });
    }
  });

  it('does not call the events of a lost receipt doubled', async () => {
    await handleAll();
    expect(await sums(without(({ first }) => first === 1))).toMatchObject({ records: 6, unaccounted: 2, doubled: 0 });
  });
});

describe('reconcile after a restore', () => {
  beforeEach(async () => {
    await handleIn(1, NORMAL, MOTION, MOTION, 'unreadable');
    await handleIn(2, NORMAL, NORMAL);
    await pipeline.log.beginTimeline(1_000);
    await handleIn(3, NORMAL);
    await handleIn(4, NORMAL);
  });

  it('finds nothing when nothing is wrong', async () => {
    expect((await pipeline.receipts('ENTRY', 0)).concat(await pipeline.receipts('ENTRY', 1)).at(-1)?.epoch).toBe(1_000);
    expect(await sums(unchanged)).toEqual({ records: 8, normal: 5, events: 1, ignored: { 'alarm-open': 1 }, deadLettered: 1, unaccounted: 0, doubled: 0, problems: [] });
    expect(await sums(unchanged, null, 2)).toMatchObject({ records: 6, unaccounted: 0, doubled: 0 });
    expect(await sums(unchanged, 3)).toMatchObject({ records: 2, unaccounted: 0, doubled: 0 });
  });

  it.each<[string, Change, Partial<Reconciliation>, string]>([
    ['a lost event of before it', withoutAlarms, { unaccounted: 1, doubled: 0 }, 'the event store has none'],
    ['an event of before it twice', (event) => (event.type === 'AlarmTriggered' ? [event, event] : [event]), { unaccounted: 0, doubled: 1 }, 'is there twice'],
    ['an event of before it that no receipt names', withReceipt(({ first }) => first === 0, { events: [], ignored: { 'alarm-open': [1, 2] } }), { unaccounted: 0, doubled: 1 }, 'the receipt says alarm-open'],
    ['an abnormal reading of before it that counts as normal', withReceipt(({ first }) => first === 0, { ignored: {}, normal: 2 }), { unaccounted: 1, doubled: 0 }, 'is not normal, but counts as normal'],
    ['that the last receipt before it is lost', without(({ first }) => first === 4), { unaccounted: 2, doubled: 0 }, 'no receipt for offsets 4 to 5'],
    ['that the first receipt after it is lost', without(({ first }) => first === 6), { unaccounted: 1, doubled: 0 }, 'no receipt for offsets 6 to 6'],
    ['that both are lost', without(({ first }) => first === 4 || first === 6), { unaccounted: 3, doubled: 0 }, 'no receipt for offsets 4 to 6'],
  ])('finds %s', async (_, change, expected, words) => {
    const found = await sums(change);
    expect(found).toMatchObject({ records: 8, ...expected });
    expect(found.problems.join('\n')).toContain(words);
  });

  it('finds a dead letter of before it that is missing', async () => {
    const none = { list: async function* () {} } as unknown as typeof pipeline.deadLetters;
    expect(await reconcile(pipeline.log, pipeline.realStore, none)).toMatchObject({ unaccounted: 1, doubled: 0 });
  });
});

describe('reconcile where the log lost its end and has begun again', () => {
  const logFiles = async (folder: string): Promise<string[]> => (await readdir(folder)).filter((name) => name.startsWith('message-log.db'));
  async function copyLog(from: string, to: string): Promise<void> {
    for (const name of await logFiles(to)) await rm(join(to, name));
    for (const name of await logFiles(from)) await cp(join(from, name), join(to, name));
  }

  beforeEach(async () => {
    await handleIn(1, NORMAL, MOTION);
    await pipeline.close();
    const copy = await mkdtemp(join(tmpdir(), 'vigia-log-'));
    await copyLog(pipeline.dir, copy);
    pipeline = await Pipeline.open({ dir: pipeline.dir, logClock });
    await handleIn(2, MOTION, NORMAL, NORMAL);
    await pipeline.close();
    await copyLog(copy, pipeline.dir);
    await rm(copy, { recursive: true });
    pipeline = await Pipeline.open({ dir: pipeline.dir, logClock });
  });

  it('finds nothing when nothing is wrong', async () => {
    await handleIn(3, NORMAL);
    await handleIn(4, MOTION); // at the offset of a normal one that the log has lost
    expect(await sums(unchanged)).toEqual({ records: 7, normal: 4, events: 1, ignored: { 'alarm-open': 2 }, deadLettered: 0, unaccounted: 0, doubled: 0, problems: [] });
  });

  it('asks for no receipts from before the first one of then: the log may have begun anywhere', async () => {
    await handleIn(3, NORMAL);
    const isFirst = (receipt: Receipt): boolean => receipt.epoch === 0 && receipt.first === 0;
    expect(await sums(without(isFirst))).toMatchObject({ unaccounted: 0, doubled: 0 });
  });

  it('finds what was not handled since then, and what was lost before', async () => {
    expect(await sums(unchanged)).toMatchObject({ records: 5, unaccounted: 0, doubled: 0 });
    await sendIn(3, MOTION);
    expect(await sums(unchanged)).toMatchObject({ records: 6, unaccounted: 1, doubled: 0, problems: [expect.stringMatching(/no receipt for offsets 2 to 2$/)] });
    expect(await sums(unchanged, null, 2)).toMatchObject({ records: 5, unaccounted: 0, doubled: 0 });
    expect(await sums(withoutAlarms)).toMatchObject({ records: 6, unaccounted: 2, doubled: 0 });
  });

  it('finds that the first receipt since then is lost', async () => {
    await handleIn(3, MOTION);
    await handleIn(4, NORMAL);
    const lost = without(({ epoch, first }) => epoch === 1 && first === 2);
    expect(await sums(lost)).toMatchObject({ records: 7, unaccounted: 1, doubled: 0, problems: [expect.stringMatching(/no receipt for offsets 2 to 2$/)] });
    expect(await sums(lost, 3, 3)).toMatchObject({ records: 1, unaccounted: 1 });
    expect(await sums(lost, 4)).toMatchObject({ records: 1, unaccounted: 0 });
  });
});
