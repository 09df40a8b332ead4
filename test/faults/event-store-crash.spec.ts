import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/clock.js';
import type { RecordedEvent } from '../../src/event-store/event-store.js';
import { LibsqlEventStore } from '../../src/event-store/libsql-event-store.js';
import { SHARED_STREAM, TRIMMED_COUNT, TRIMMED_STREAM, WRITERS, type AcknowledgedAppend } from './event-store-crash.writer.js';
import { killAndCheck } from './kill-and-check.js';
import { all } from '../support/outcomes.js';

const KILLS = 20;

describe('the embedded event store, its process killed 20 times', () => {
  it('has every acknowledged event in its place, every append whole, and no gap in any stream', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-crash-'));
    const acknowledged = await killAndCheck({
      script: fileURLToPath(new URL('event-store-crash.writer.ts', import.meta.url)),
      args: [dir],
      kills: KILLS,
      check: async (lines) => {
        const store = await LibsqlEventStore.open(dir, { clock: systemClock });
        const appends = lines.map((line) => JSON.parse(line) as AcknowledgedAppend);
        for (const stream of [SHARED_STREAM, TRIMMED_STREAM, ...Array.from({ length: WRITERS }, (_, index) => `crash-${index}`)]) {
          const events = await all(store.readStream(stream));
          expectDense(stream, events);
          expectWhole(stream, events);
          expectAcknowledged(events, appends.filter((append) => append.stream === stream), stream === TRIMMED_STREAM);
        }
        await expectOneOrder(store);
        await store.close();
      },
    });
    expect(acknowledged.length).toBeGreaterThan(KILLS * 5);
    // Each of which was looked for after every kill; one that came within milliseconds of the first may have found fewer.
    expect(new Set(acknowledged.map((line) => (JSON.parse(line) as AcknowledgedAppend).stream)).size).toBe(WRITERS + 2);
    rmSync(dir, { recursive: true });
  }, 180_000);
});

function expectDense(stream: string, events: readonly RecordedEvent[]): void {
  const first = stream === TRIMMED_STREAM ? (events[0]?.revision ?? 0n) : 0n;
  const gap = events.find((event, index) => event.revision !== first + BigInt(index));
  if (gap) throw new Error(`${stream} has a gap before revision ${gap.revision}`);
  if (stream === TRIMMED_STREAM) expect(events.length).toBeLessThanOrEqual(TRIMMED_COUNT);
}

/** All-or-nothing: the events of an append follow each other, from the first to the last. The oldest of a trimmed stream may be cut. */
function expectWhole(stream: string, events: readonly RecordedEvent[]): void {
  let append = '';
  let left = 0;
  for (const [at, event] of events.entries()) {
    const data = event.data as { append: string; index: number; of: number };
    const mayBeCut = at === 0 && stream === TRIMMED_STREAM;
    const follows = left > 0 ? data.append === append && data.of - data.index === left : data.index === 0 || mayBeCut;
    if (!follows) throw new Error(`${stream} ${event.revision} is event ${data.index} of ${data.append}, after ${append} with ${left} to come`);
    append = data.append;
    left = data.of - data.index - 1;
  }
  if (left > 0) throw new Error(`${stream} ends ${left} events before the end of append ${append}`);
}

function expectAcknowledged(events: readonly RecordedEvent[], appends: readonly AcknowledgedAppend[], isTrimmed: boolean): void {
  const firstKept = Number(events[0]?.revision ?? 0);
  const stored = new Map(events.map((event) => [Number(event.revision), event]));
  for (const append of appends) {
    for (const [index, id] of append.ids.entries()) {
      const revision = append.revision + index;
      if (isTrimmed && revision < firstKept) continue;
      if (stored.get(revision)?.id !== id) {
        throw new Error(`acknowledged event ${id} is not at revision ${revision} of ${append.stream}: ${stored.get(revision)?.id ?? 'nothing there'}`);
      }
    }
    const last = stored.get(append.revision + append.ids.length - 1);
    if (last && last.position !== append.position) throw new Error(`${append.stream} ${last.revision} is at ${last.position}, acknowledged at ${append.position}`);
  }
}

/** What all streams hold is what readAll gives, once each, in the order of rising positions. */
async function expectOneOrder(store: LibsqlEventStore): Promise<void> {
  const events = await all(store.readAll());
  const positions = events.map((event) => event.position);
  expect(positions).toEqual([...new Set(positions)].sort());
  const revisions = new Map<string, bigint>();
  for (const { stream, revision } of events) {
    const before = revisions.get(stream);
    if (before !== undefined && revision !== before + 1n) throw new Error(`readAll gives ${stream} ${revision} after ${before}`);
    revisions.set(stream, revision);
  }
  expect(revisions.size).toBeLessThanOrEqual(WRITERS + 2);
  expect(await store.headPosition()).toBe(positions.at(-1));
}
