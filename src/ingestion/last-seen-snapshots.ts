import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isoTime, type Clock } from '../clock.js';
import { appendUntilKnown } from '../event-store/append-until-known.js';
import type { EventStore } from '../event-store/event-store.js';
import { idOf } from './deterministic-id.js';
import type { Sighting } from './last-seen.js';

export const LAST_SEEN_STREAM_PREFIX = 'last-seen-';
export const LAST_SEEN_EVENT_TYPE = 'LastSeenRecorded';

/** At 14 bytes a sensor at most, 19 in base64, a part stays well below the largest event. */
const PART_SENSORS = 40_000;

/** Snapshots that the stream keeps: the newest, and one that was whole before it. */
const KEPT = 2;
/** A million sensors. */
const MOST_PARTS = 26;

/** What a partition's sensors were heard of at `now`, of its `PathClock`. */
export interface LastSeenSnapshot {
  readonly now: number;
  readonly sightings: readonly Sighting[];
}

const partData = z.object({ snapshot: z.uuid(), part: z.int().min(0), of: z.int().min(1).max(MOST_PARTS), now: z.int().min(0), sensors: z.base64() });

/** `last-seen-<log identity>-0`: a stream of its own per partition of a log. */
export function lastSeenStream(log: string, partition: number): string {
  return `${LAST_SEEN_STREAM_PREFIX}${log}-${partition}`;
}

/** Keeps the newest snapshot of what is known of each partition's sensors in the event store, for a restart or another process. */
export class LastSeenSnapshots {
  private readonly kept = new Map<number, number>();

  constructor(
    private readonly store: EventStore,
    private readonly log: string,
    private readonly clock: Clock,
  ) {}

  /** Thrown: the event store's errors; what was there before is still there then. */
  async save(partition: number, { now, sightings }: LastSeenSnapshot): Promise<void> {
    const stream = lastSeenStream(this.log, partition);
    const snapshot = randomUUID();
    const of = Math.max(1, Math.ceil(sightings.length / PART_SENSORS));
    if ((this.kept.get(partition) ?? 0) < of) {
      await this.store.setStreamMetadata(stream, { maxCount: KEPT * of });
      this.kept.set(partition, of);
    }
    for (let part = 0; part < of; part += 1) {
      const sensors = encode(sightings.slice(part * PART_SENSORS, (part + 1) * PART_SENSORS), now).toString('base64');
      const metadata = { schemaVersion: 1, recordedAt: isoTime(this.clock.now()) };
      const event = { id: idOf(`${snapshot}|${part}`), type: LAST_SEEN_EVENT_TYPE, data: { snapshot, part, of, now, sensors }, metadata };
      await appendUntilKnown(this.store, stream, [event], 'any');
    }
  }

  /** The newest one that is whole, null when there is none. Thrown: the event store's errors. */
  async load(partition: number): Promise<LastSeenSnapshot | null> {
    const parts = new Map<string, Map<number, z.output<typeof partData>>>();
    for await (const { type, data } of this.store.readStream(lastSeenStream(this.log, partition), { direction: 'backwards', limit: KEPT * MOST_PARTS })) {
      const read = type === LAST_SEEN_EVENT_TYPE ? partData.safeParse(data) : null;
      if (!read?.success) continue; // of another version: the sensors are learned anew
      const of = parts.get(read.data.snapshot) ?? new Map<number, z.output<typeof partData>>();
      parts.set(read.data.snapshot, of.set(read.data.part, read.data));
      if (of.size === read.data.of) return { now: read.data.now, sightings: [...of.values()].flatMap(({ now, sensors }) => decode(Buffer.from(sensors, 'base64'), now)) };
    }
    return null;
  }
}

/** Fourteen bytes a sensor at most, four or five as a rule: the id after the one before, how long ago it was heard of (0 for never, else one more), its usual gap, and gaps and flag in one byte. */
function encode(sightings: readonly Sighting[], now: number): Buffer {
  const bytes: number[] = [];
  let before = 0;
  for (const { sensorId, seen, usualGap, gaps, isFlagged } of [...sightings].sort((a, b) => a.sensorId - b.sensorId)) {
    pushVarint(bytes, sensorId - before);
    // Some may have been heard of since `now`.
    pushVarint(bytes, seen === 0 ? 0 : Math.max(0, now - seen) + 1);
    pushVarint(bytes, usualGap);
    bytes.push(gaps | (isFlagged ? 0x80 : 0));
    before = sensorId;
  }
  return Buffer.from(bytes);
}

function decode(bytes: Buffer, now: number): Sighting[] {
  const sightings: Sighting[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  for (let sensorId = 0; at < bytes.length; ) {
    sensorId += varint();
    const ago = varint();
    const usualGap = varint();
    const word = bytes[at++] ?? 0;
    sightings.push({ sensorId, seen: ago === 0 ? 0 : now - ago + 1, usualGap, gaps: word & 0x7f, isFlagged: word >= 0x80 });
  }
  return sightings;
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
}
