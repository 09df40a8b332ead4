import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../clock.js';
import { readConfig } from '../config.js';
import { openEventStore } from '../event-store/open-event-store.js';
import { DataDirLock } from '../storage/data-dir-lock.js';
import type { CommandEventStore, EventsCommandDeps } from './events-command.js';

/** Appends made in one turn share a commit of the embedded store, in their order; it takes so many into one. */
const EMBEDDED_APPENDS = 256;

/** There is no event store where the configuration says. */
export class NoEventStore extends Error {
  constructor(dataDir: string) {
    super(`data folder ${dataDir} has no event store; set VIGIA_DATA_DIR to the folder that has, or EVENTSTORE_URL`);
    this.name = 'NoEventStore';
  }
}

/**
 * Gives `use` the event store of the configuration. An embedded one is locked meanwhile: its events are moved while
 * nobody adds to them, so a running application is not asked for them. Thrown: `NoEventStore`, `DataDirInUse`.
 */
export const withEventStore: EventsCommandDeps['withEventStore'] = async (how, use) => {
  const config = readConfig(process.env);
  const isEmbedded = config.eventStoreUrl === null;
  if (isEmbedded && how === 'read' && !existsSync(join(config.dataDir, 'event-store.db'))) throw new NoEventStore(config.dataDir);
  const lock = isEmbedded ? DataDirLock.acquire(config.dataDir) : null;
  try {
    // Standard output may be the export.
    const store = await openEventStore(config, systemClock, pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true })));
    // EventStoreDB promises no order between two appends that are on their way.
    const opened: CommandEventStore = { store, appendsAtATime: isEmbedded ? EMBEDDED_APPENDS : 1 };
    await use(opened).finally(() => store.close());
  } finally {
    lock?.release();
  }
};
