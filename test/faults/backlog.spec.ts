import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import { LibsqlMessageLog } from '../../src/message-log/libsql-message-log.js';
import { stopAll } from '../acceptance/child.js';
import { expectNothingLost, HEAP_MB, workOffBacklog } from './worked-off-backlog.js';

/** A million takes some minutes: BACKLOG=1000000 npm run jest -- test/faults/backlog. */
const RECORDS = Number(process.env['BACKLOG'] ?? 200_000);

/** What readings waited in the log while there was no process, as the embedded default keeps it. */
describe('a backlog of readings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigia-backlog-'));
  afterAll(async () => {
    await stopAll();
    rmSync(folder, { recursive: true });
  });

  it(`is worked off with a heap of ${HEAP_MB} MB, whatever its length, and nothing is lost`, async () => {
    expectNothingLost(RECORDS, await workOffBacklog(RECORDS, { folder, openLog: () => LibsqlMessageLog.open(join(folder, 'data'), { clock: systemClock }), settings: {} }));
  }, 600_000);
});
