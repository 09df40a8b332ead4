import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageLogContract } from '../../test/contracts/message-log.contract.js';
import { systemClock } from '../clock.js';
import { LibsqlMessageLog } from './libsql-message-log.js';

messageLogContract('LibsqlMessageLog', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'vigia-log-'));
  let log = await LibsqlMessageLog.open(dir, { clock: systemClock });
  return {
    log,
    reopen: async () => {
      await log.close();
      log = await LibsqlMessageLog.open(dir, { clock: systemClock });
      return log;
    },
    close: async () => {
      await log.close();
      await rm(dir, { recursive: true });
    },
  };
});
