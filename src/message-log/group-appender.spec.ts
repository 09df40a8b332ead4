import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../clock.js';
import { BatchTable } from './batch-table.js';
import { GroupAppender } from './group-appender.js';

describe('the appends of the embedded log', () => {
  it('are stored once, and answered, when another write of the same transaction is undone', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-appender-'));
    const table = await BatchTable.open(join(dir, 'log.db'), 0);
    const appender = new GroupAppender(table, { clock: systemClock, maxWaitingBytes: 1_000_000, onCommit: () => undefined });
    let runs = 0;
    const [append, undone] = await Promise.allSettled([
      appender.append('ENTRY', [{ key: '1', value: Buffer.from('a') }]),
      table.write(() => {
        runs += 1;
        throw new Error('undone');
      }),
    ]);
    expect(runs).toBe(2); // first together with the append, then in a savepoint
    expect(undone.status).toBe('rejected');
    const { partition, offset } = (append as PromiseFulfilledResult<readonly { partition: number; offset: number }[]>).value[0]!;
    expect(offset).toBe(0);
    expect(await table.write(() => table.nextOffset('ENTRY', partition))).toBe(1);
    expect(appender.unavailable()).toBeNull();
    await appender.close();
    await table.close();
    rmSync(dir, { recursive: true });
  });
});
