import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { EventStore } from '../event-store/event-store.js';
import { LibsqlMessageLog } from '../message-log/libsql-message-log.js';
import { describeRemainder, remainderOf } from './undrained.js';

/** The data folder has an embedded message log with accepted records that nobody would ever process. */
export class UndrainedLog extends Error {
  constructor(dataDir: string, remainder: string) {
    super(
      `data folder ${dataDir} has an embedded message log with ${remainder}, which would stay behind: KAFKA_BROKERS is set\n` +
        '  Process records by `vigia log drain`, and dead letters by `vigia dead-letters` without KAFKA_BROKERS, then start again;\n' +
        '  or, to go on without them, move message-log.db away.',
    );
    this.name = 'UndrainedLog';
  }
}

/** To be called before Kafka's log is worked on. Thrown: `UndrainedLog`; the stores' errors. */
export async function refuseUndrained({ kafka, dataDir }: Pick<Config, 'kafka' | 'dataDir'>, store: EventStore, clock: Clock): Promise<void> {
  if (kafka === null || !existsSync(join(dataDir, 'message-log.db'))) return;
  const log = await LibsqlMessageLog.open(dataDir, { clock });
  try {
    const remainder = describeRemainder(await remainderOf(log, store, clock));
    if (remainder !== null) throw new UndrainedLog(dataDir, remainder);
  } finally {
    await log.close();
  }
}
