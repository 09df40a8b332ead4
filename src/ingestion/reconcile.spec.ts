import { Pipeline } from '../../test/support/pipeline.js';
import { tampered } from '../../test/support/tampered-store.js';
import type { RecordedEvent } from '../event-store/event-store.js';
import { reconcile, type Reconciliation } from './reconcile.js';

const NORMAL = '{"7", "false", "false", "20.0", "30.0"}';
const MOTION = '{"7", "true", "false", "20.0", "30.0"}';

describe('reconcile', () => {
  let pipeline: Pipeline;
  beforeEach(async () => {
    pipeline = await Pipeline.open();
    await pipeline.send('ENTRY', NORMAL, MOTION, MOTION, 'unreadable');
    await pipeline.drain();
    await pipeline.send('ENTRY', NORMAL, NORMAL);
    await pipeline.drain();
  });
  afterEach(() => pipeline.close());

  const sums = (change: (event: RecordedEvent) => RecordedEvent[]): Promise<Reconciliation> =>
    reconcile(pipeline.log, tampered(pipeline.realStore, change), pipeline.deadLetters);
  const withReceipt = (event: RecordedEvent, change: object) => ({ ...event, data: { ...event.data, ...change } });
  const isReceipt = (event: RecordedEvent) => event.type === 'ReceiptRecorded';

  it('finds nothing when nothing is wrong', async () => {
    expect(await sums((event) => [event])).toEqual({
      records: 6, normal: 3, events: 1, ignored: { 'alarm-open': 1 }, deadLettered: 1, unaccounted: 0, doubled: 0, problems: [],
    });
  });

  it.each<[string, (event: RecordedEvent) => RecordedEvent[], Partial<Reconciliation>, string]>([
    ['a lost receipt', (event) => (isReceipt(event) && 'first' in event.data && event.data.first === 4 ? [] : [event]), { unaccounted: 2 }, 'no receipt for offsets 4 to 5'],
    ['a lost first receipt', (event) => (isReceipt(event) && 'first' in event.data && event.data.first === 0 ? [] : [event]), { records: 6 }, 'no receipt for offsets 0 to'],
    ['a receipt twice', (event) => (isReceipt(event) && 'first' in event.data && event.data.first === 4 ? [event, event] : [event]), { doubled: 2 }, 'two receipts'],
    ['a lost event', (event) => (event.type === 'AlarmTriggered' ? [] : [event]), { unaccounted: 1 }, 'the event store has none'],
    ['an event twice', (event) => (event.type === 'AlarmTriggered' ? [event, event] : [event]), { doubled: 1 }, 'is there twice'],
    [
      'an event that no receipt names',
      (event) => (isReceipt(event) && 'first' in event.data && event.data.first === 0 ? [withReceipt(event, { events: [], normal: 2 })] : [event]),
      { unaccounted: 1, doubled: 1 },
      'the receipts do not name it',
    ],
    [
      'an abnormal reading counted as normal',
      (event) => (isReceipt(event) && 'first' in event.data && event.data.first === 0 ? [withReceipt(event, { ignored: {}, normal: 2 })] : [event]),
      { unaccounted: 1 },
      'is not normal, but counts as normal',
    ],
    [
      'a record left out of its receipt',
      (event) => (isReceipt(event) && 'first' in event.data && event.data.first === 4 ? [withReceipt(event, { normal: 1 })] : [event]),
      { unaccounted: 1 },
      'leaves out 1',
    ],
    [
      'a record that counts for two things',
      (event) => (isReceipt(event) && 'first' in event.data && event.data.first === 0 ? [withReceipt(event, { normal: 0, ignored: { 'alarm-open': [2], duplicate: [2] } })] : [event]),
      { doubled: 1 },
      'duplicate and alarm-open',
    ],
  ])('finds %s', async (_, change, expected, words) => {
    const found = await sums(change);
    expect(found).toMatchObject(expected);
    expect(found.problems.join('\n')).toContain(words);
  });

  it('finds a dead letter that is missing', async () => {
    const none = { list: async function* () {} } as unknown as typeof pipeline.deadLetters;
    const found = await reconcile(pipeline.log, pipeline.realStore, none);
    expect(found).toMatchObject({ unaccounted: 1, doubled: 0 });
  });

  it('finds a dead letter that has other bytes than its record', async () => {
    const { deadLetters } = pipeline;
    const changed = {
      list: async function* () {
        for await (const letter of deadLetters.list()) yield { ...letter, value: Buffer.from('unreadably') };
      },
    } as unknown as typeof deadLetters;
    const { unaccounted, doubled, problems } = await reconcile(pipeline.log, pipeline.realStore, changed);
    expect({ unaccounted, doubled, problems }).toEqual({ unaccounted: 1, doubled: 0, problems: [expect.stringMatching(/offset 3: the dead letter has other bytes$/)] });
  });

  it('leaves out what came after the call, unless it was processed meanwhile', async () => {
    const late = await reconcile(pipeline.log, pipeline.realStore, pipeline.deadLetters, undefined, () => pipeline.send('ENTRY', MOTION));
    expect(late).toMatchObject({ records: 6, unaccounted: 0, doubled: 0 });
    const processed = await reconcile(pipeline.log, pipeline.realStore, pipeline.deadLetters, undefined, async () => {
      await pipeline.send('ENTRY', NORMAL);
      await pipeline.drain();
    });
    expect(processed).toMatchObject({ records: 8, unaccounted: 0, doubled: 0 });
  });
});
