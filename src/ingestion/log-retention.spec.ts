import { Pipeline } from '../../test/support/pipeline.js';
import { systemClock } from '../clock.js';
import { LogRetention } from './log-retention.js';
import { ReceiptBook } from './receipt-book.js';

const NORMAL = '{"7", "false", "false", "20.0", "30.0"}';

describe('LogRetention', () => {
  it('deletes old records, but none whose receipt is not stored', async () => {
    const pipeline = await Pipeline.open();
    await pipeline.send('ENTRY', NORMAL);
    await pipeline.drain();
    await pipeline.send('ENTRY', NORMAL); // nothing has handled it
    const receipts = new ReceiptBook(pipeline.realStore, pipeline.log.identity, systemClock);
    const [range] = (await pipeline.log.describe('ENTRY')).filter(({ endOffset }) => endOffset === 2);
    await receipts.open('ENTRY', range!.partition, { ...range!, firstOffsetAfter: async () => 0 });

    const inAnHour = { ...systemClock, now: () => systemClock.now() + 3_600_000 };
    expect(await new LogRetention(pipeline.log, receipts, inAnHour, 7_200_000).trim()).toBe(0);
    expect(await new LogRetention(pipeline.log, receipts, inAnHour, 60_000).trim()).toBe(1);
    expect((await pipeline.log.describe('ENTRY'))[range!.partition]).toMatchObject({ startOffset: 1, endOffset: 2 });
    await pipeline.drain();
    expect(await pipeline.reconcile()).toMatchObject({ records: 2, normal: 2, unaccounted: 0, doubled: 0 });
    await pipeline.close();
  });
});
