import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import { LibsqlMessageLog } from '../../src/message-log/libsql-message-log.js';
import { SENSOR_TOPICS } from '../../src/message-log/message-log.js';
import { killAndCheck } from './kill-and-check.js';

const WRITER = join(import.meta.dirname, 'message-log-crash.writer.ts');

describe('P1: a message log whose process is killed', () => {
  it('has every acknowledged record with its bytes, no torn batch and no gap, after each of 20 kills', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'vigia-log-crash-'));
    const identities = new Set<string>();
    const acknowledged = await killAndCheck({
      script: WRITER,
      args: [dir],
      kills: 20,
      check: async (lines) => {
        const log = await LibsqlMessageLog.open(dir, { clock: systemClock });
        identities.add(log.identity);
        expectAllThere(lines, await recordHashes(log));
        await log.close();
      },
    });
    expect(identities.size).toBe(1);
    expect(acknowledged.length).toBeGreaterThan(1_000);
    await rm(dir, { recursive: true });
  }, 120_000);
});

/** The hash of each stored value by `<topic> <partition> <offset>`; a batch whose bytes are not right is refused by the log itself. */
async function recordHashes(log: LibsqlMessageLog): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const topic of SENSOR_TOPICS) {
    for (const { partition, endOffset } of await log.describe(topic)) {
      let next = 0;
      let lastTimeMs = 0;
      for await (const { offset, value, appendedAtMs } of log.read(topic, partition, 0)) {
        if (offset !== next) throw new Error(`${topic}-${partition}: offset ${offset} after ${next - 1}`);
        if (appendedAtMs < lastTimeMs) throw new Error(`${topic}-${partition}: time of offset ${offset} is before that of the one before`);
        next += 1;
        lastTimeMs = appendedAtMs;
        hashes.set(`${topic} ${partition} ${offset}`, createHash('sha256').update(value!).digest('hex'));
      }
      if (next !== endOffset) throw new Error(`${topic}-${partition}: records to offset ${next - 1}, the end is ${endOffset}`);
    }
  }
  return hashes;
}

function expectAllThere(lines: readonly string[], stored: ReadonlyMap<string, string>): void {
  for (const line of lines) {
    const place = line.slice(0, line.lastIndexOf(' '));
    const hash = line.slice(place.length + 1);
    if (stored.get(place) !== hash) throw new Error(`acknowledged ${place} with hash ${hash}, stored is ${stored.get(place) ?? 'nothing'}`);
  }
}
