import { createHash } from 'node:crypto';
import { systemClock } from '../../src/clock.js';
import { LibsqlMessageLog } from '../../src/message-log/libsql-message-log.js';
import { writeOut } from '../support/write-out.js';

/**
 * Appends to the log in the folder of its first argument as fast as it can, several appends at a time, and
 * writes `<topic> <partition> <offset> <value's SHA-256>` for each acknowledged record. It is ended by a kill.
 */
const log = await LibsqlMessageLog.open(process.argv[2]!, { clock: systemClock });

async function appendForEver(writer: number): Promise<never> {
  for (let turn = 0; ; turn += 1) {
    const topic = turn % 4 === 3 ? 'OK' : 'ENTRY';
    // From one small record to rows of several hundred kilobytes, so that kills meet all of them.
    const size = turn % 7 === 0 ? 20_000 : 60;
    const records = Array.from({ length: 1 + ((turn * 13) % 40) }, (_, index) => ({
      key: String(writer * 1000 + index),
      value: Buffer.alloc(size, `${process.pid}/${writer}/${turn}/${index};`),
    }));
    const results = await log.append(topic, records);
    const lines = results.map(({ partition, offset }, index) => {
      return `${topic} ${partition} ${offset} ${createHash('sha256').update(records[index]!.value).digest('hex')}\n`;
    });
    writeOut(lines.join(''));
  }
}

await Promise.all(Array.from({ length: 8 }, (_, writer) => appendForEver(writer)));
