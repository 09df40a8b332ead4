import { systemClock } from '../../src/clock.js';
import { LibsqlEventStore } from '../../src/event-store/libsql-event-store.js';
import { LibsqlMessageLog } from '../../src/message-log/libsql-message-log.js';
import { CountPublisher } from '../../src/projections/count-publisher.js';
import { alarmTriggered, raise } from '../support/alarm-fixtures.js';
import { writeOut } from '../support/write-out.js';

/**
 * Raises alarms in the folder of its first argument as fast as it can while a publisher puts them on COUNT,
 * and writes the id of each stored alarm. It is ended by a kill.
 */
const dir = process.argv[2]!;
const log = await LibsqlMessageLog.open(dir, { clock: systemClock });
const store = await LibsqlEventStore.open(dir, { clock: systemClock });
// Its clock runs a thousand times as fast, so that there is a checkpoint with each batch and kills meet that moment too.
const clock = { ...systemClock, now: (): number => systemClock.now() * 1000 };
new CountPublisher({ log, store, clock, problem: (what, error) => void process.stderr.write(`${what}: ${String(error)}\n`) }).start();

async function raiseForEver(sensorId: number): Promise<never> {
  for (;;) {
    const { data } = await raise(store, alarmTriggered(sensorId));
    writeOut(`${data.alarmId}\n`);
  }
}

await Promise.all([1, 2, 3, 4].map(raiseForEver));
