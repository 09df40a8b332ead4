import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventStoreContract } from '../../test/contracts/event-store.contract.js';
import { systemClock } from '../clock.js';
import { LibsqlEventStore } from './libsql-event-store.js';

eventStoreContract('LibsqlEventStore', async () => {
  const root = mkdtempSync(join(tmpdir(), 'vigia-events-'));
  return {
    open: () => LibsqlEventStore.open(root, { clock: systemClock }),
    remove: async () => rmSync(root, { recursive: true }),
  };
});
