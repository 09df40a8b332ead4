import type { Clock } from '../clock.js';
import type { Position } from '../event-store/event-store.js';
import { partitionOf, type LastSeen, type Sighting } from '../ingestion/last-seen.js';
import type { LastSeenSnapshots } from '../ingestion/last-seen-snapshots.js';
import type { SensorCommands } from './sensor-commands.js';
import type { Listened, ToldSilence } from './silent-sensors.js';

/** How often silence is looked for: 50,000 sensors take about a millisecond. */
const LOOK_EVERY_MS = 5_000;

/** How often what is known of the sensors is stored, if nobody grew silent meanwhile. */
const SAVE_EVERY_MS = 300_000;

/** A sensor's own interval is known after so many gaps between its readings. */
const LEAST_GAPS = 16;

/** Nobody is silent sooner than this. */
const LEAST_SILENCE_TENTHS = 300;

/** So many sensors of a partition, or so large a share of them, may grow silent in an hour; of more the path is suspected and not the sensors. */
const MOST_IN_AN_HOUR = 20;
const MOST_SHARE_IN_AN_HOUR = 0.005;
const HOUR_TENTHS = 36_000;

export interface SupervisionParts {
  readonly lastSeen: Pick<LastSeen, 'openPartitions' | 'openPartition' | 'closePartition' | 'forEach' | 'now' | 'flag'>;
  readonly snapshots: Pick<LastSeenSnapshots, 'load' | 'save'>;
  readonly commands: Pick<SensorCommands, 'execute'>;
  /** The sensors that their streams say are silent; asked when there is no snapshot that tells it. */
  readonly silentSensors: () => Promise<readonly number[]>;
  /** Where the events end at present. */
  readonly headPosition: () => Promise<Position | null>;
  /** What is told after a position, by whatever process, until the signal. */
  readonly toldSilences: (after: Position | null, signal: AbortSignal) => AsyncIterable<Listened>;
  readonly clock: Clock;
  /** A sensor is silent after so many of its own intervals. */
  readonly silentAfterIntervals: number;
  readonly problem: (error: unknown) => void;
}

export interface SupervisionStatus {
  /** Sensors of this process whose interval is known. */
  readonly supervised: number;
  readonly silent: number;
  /** Sensors that grew silent together, more than may: a fault of the path is suspected, and no event tells of them while they are so many. */
  readonly held: number;
}

/**
 * Tells when sensors of this process's partitions grow silent, and when they are heard of again.
 *
 * Order: flag → snapshot → SensorWentSilent, and SensorReturned → flag → snapshot. So after a crash whatever is flagged is told again, which
 * the sensor's stream knows to be nothing new. Time is that of each partition's records (`PathClock`).
 *
 * A process that was frozen may tell what it found before it lost the partition. So whoever has it listens to what is told, and
 * puts right what it knows better.
 */
export class Supervision {
  private readonly stopping = new AbortController();
  private running: Promise<unknown> = Promise.resolve();
  /** Flagged, and not known to be told. */
  private readonly untold = new Set<number>();
  /** Told to be silent since this process began, and not to have returned. */
  private readonly toldSilent = new Set<number>();
  /** So far it was listened to what is told, from where the events ended before the first partition's snapshot was read; undefined before that. */
  private listenedThrough: Position | null | undefined = undefined;
  private readonly savedAtMs = new Map<number, number>();
  private readonly statuses = new Map<number, SupervisionStatus>();
  /** Of each partition how many may still grow silent, and at which of its times that was. */
  private readonly allowances = new Map<number, { readonly left: number; readonly at: number }>();

  constructor(private readonly parts: SupervisionParts) {}

  start(): void {
    this.running = Promise.all([this.run(), this.listen()]);
  }

  /** What is known is stored when the partitions are closed. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** The partition's sensors are this process's. Thrown: the event store's errors. */
  async open(partition: number): Promise<void> {
    const { lastSeen, snapshots, silentSensors, clock } = this.parts;
    if (lastSeen.openPartitions.has(partition)) return;
    await this.beginListening();
    const snapshot = await snapshots.load(partition);
    const sightings = snapshot?.sightings ?? (await silentSensors()).map((sensorId): Sighting => ({ sensorId, seen: 0, usualGap: 0, gaps: 0, isFlagged: true }));
    lastSeen.openPartition(partition, snapshot?.now ?? 1, sightings);
    for (const { sensorId, isFlagged } of snapshot?.sightings ?? []) if (isFlagged) this.untold.add(sensorId);
    for (const sensorId of this.toldSilent) if (partitionOf(sensorId) === partition) lastSeen.flag(sensorId, true);
    this.savedAtMs.set(partition, clock.now());
  }

  /** The partition goes to another process. Thrown: the event store's errors; it is closed all the same. */
  async close(partition: number): Promise<void> {
    const { lastSeen } = this.parts;
    if (!lastSeen.openPartitions.has(partition)) return;
    lastSeen.closePartition(partition);
    this.statuses.delete(partition);
    await this.save(partition);
  }

  status(): SupervisionStatus {
    const sum = (of: keyof SupervisionStatus) => [...this.statuses.values()].reduce((total, status) => total + status[of], 0);
    return { supervised: sum('supervised'), silent: sum('silent'), held: sum('held') };
  }

  /** Looks at every sensor once. Thrown: the event store's errors; what was not told is told at the next look. */
  async look(): Promise<void> {
    for (const partition of [...this.parts.lastSeen.openPartitions]) await this.lookAt(partition);
  }

  private async run(): Promise<void> {
    const { clock, problem } = this.parts;
    const { signal } = this.stopping;
    for (;;) {
      await clock.sleep(LOOK_EVERY_MS, signal);
      if (signal.aborted) return;
      await this.look().catch(problem);
    }
  }

  private async beginListening(): Promise<void> {
    if (this.listenedThrough !== undefined) return;
    const head = await this.parts.headPosition();
    // Two partitions may be opened at a time.
    if (this.listenedThrough === undefined) this.listenedThrough = head;
  }

  /** After an error it goes on from where it was: what was told meanwhile is heard late, but heard. */
  private async listen(): Promise<void> {
    const { toldSilences, clock, problem } = this.parts;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        if (this.listenedThrough !== undefined) {
          for await (const { through, told } of toldSilences(this.listenedThrough, signal)) {
            if (told !== null) this.hear(told);
            this.listenedThrough = through;
          }
        }
      } catch (error) {
        if (!signal.aborted) problem(error);
      }
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  }

  /** Of its own sensors whoever is flagged and heard of is told to have returned at the next look, and whoever is not flagged and silent to be so. */
  private hear({ sensorId, isSilent }: ToldSilence): void {
    const { lastSeen } = this.parts;
    if (isSilent) this.toldSilent.add(sensorId);
    else this.toldSilent.delete(sensorId);
    if (lastSeen.openPartitions.has(partitionOf(sensorId))) lastSeen.flag(sensorId, isSilent);
  }

  private async lookAt(partition: number): Promise<void> {
    const { lastSeen, commands, clock } = this.parts;
    const found = await this.find(partition);
    if (!lastSeen.openPartitions.has(partition)) return; // it was given up meanwhile
    for (const { sensorId } of found.silent) {
      lastSeen.flag(sensorId, true);
      this.untold.add(sensorId);
    }
    const isDue = clock.now() - (this.savedAtMs.get(partition) ?? 0) >= SAVE_EVERY_MS;
    if (found.silent.length > 0 || isDue) await this.save(partition);
    for (const { sensorId, usualGap, silentFor } of [...found.silent, ...found.untold]) {
      await commands.execute(sensorId, { type: 'note-silence', intervalMs: usualGap * 100, silentForMs: silentFor * 100 });
      this.untold.delete(sensorId);
    }
    for (const sensorId of found.returned) {
      await commands.execute(sensorId, { type: 'note-return' });
      lastSeen.flag(sensorId, false);
      this.untold.delete(sensorId);
    }
    if (found.returned.length > 0 && lastSeen.openPartitions.has(partition)) await this.save(partition);
  }

  private async find(partition: number) {
    const { lastSeen, silentAfterIntervals } = this.parts;
    const now = lastSeen.now(partition);
    const silent: (Sighting & { readonly silentFor: number })[] = [];
    const untold: typeof silent = [];
    const returned: number[] = [];
    let supervised = 0;
    let flagged = 0;
    await lastSeen.forEach(partition, (sighting) => {
      const { sensorId, seen, usualGap, gaps, isFlagged } = sighting;
      const silentFor = now - seen;
      const isSilent = seen === 0 || silentFor > Math.max(silentAfterIntervals * usualGap, LEAST_SILENCE_TENTHS);
      if (gaps >= LEAST_GAPS) supervised += 1;
      if (isFlagged && !isSilent) returned.push(sensorId);
      else if (isFlagged) {
        flagged += 1;
        if (seen !== 0 && this.untold.has(sensorId)) untold.push({ ...sighting, silentFor });
      } else if (isSilent && gaps >= LEAST_GAPS) silent.push({ ...sighting, silentFor });
    });
    const isStorm = !this.isAllowed(partition, silent.length, supervised, now);
    this.statuses.set(partition, { supervised, silent: flagged + (isStorm ? 0 : silent.length), held: isStorm ? silent.length : 0 });
    return { silent: isStorm ? [] : silent, untold, returned };
  }

  /** Whether so many more may grow silent; takes them from what is allowed. */
  private isAllowed(partition: number, count: number, supervised: number, now: number): boolean {
    const most = Math.max(MOST_IN_AN_HOUR, supervised * MOST_SHARE_IN_AN_HOUR);
    const { left, at } = this.allowances.get(partition) ?? { left: most, at: now };
    const allowed = Math.min(most, left + (most * Math.max(0, now - at)) / HOUR_TENTHS);
    const isAllowed = count <= allowed;
    this.allowances.set(partition, { left: isAllowed ? allowed - count : allowed, at: now });
    return isAllowed;
  }

  private async save(partition: number): Promise<void> {
    const { lastSeen, snapshots, clock } = this.parts;
    const sightings: Sighting[] = [];
    const now = lastSeen.now(partition);
    await lastSeen.forEach(partition, (sighting) => void sightings.push(sighting));
    await snapshots.save(partition, { now, sightings });
    this.savedAtMs.set(partition, clock.now());
  }
}
