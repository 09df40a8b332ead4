import { isReadingEvent } from '../alarm-domain/alarm-events.js';
import type { NotedReadings } from '../alarm-domain/noted-readings.js';
import { ALARM_TYPES } from '../alarm-domain/reading.js';
import { evolve, INITIAL_SENSOR, REMEMBERED_MESSAGE_IDS, sensorStream, type SensorState } from '../alarm-domain/sensor.js';
import { positionKey, type SourcePosition } from '../alarm-domain/source-position.js';
import { decodeSensorEvent } from '../event-store/sensor-stream.js';
import type { EventStore } from '../event-store/event-store.js';

/** Sensors kept in memory: at about 1 kB each without their strikes, 50 MB at most. */
const MOST_SENSORS = 50_000;

/** Strikes and noted readings of all sensors in memory: at about 0.3 kB each, 90 MB at most. Sensors whose readings are all but normal come to five each. */
const MOST_STRIKES = 300_000;

/**
 * A sensor's stream and its ignored records each give so many messageIds, of which the order among each other
 * is not known: with half of the bound for either, the newest of both are there in any case.
 */
const OF_EITHER = REMEMBERED_MESSAGE_IDS / 2;

/** messageIds of ignored records, kept for sensors that are not in memory; the oldest go first. */
const MOST_RECALLED = 100_000;

/** A sensor's state and the revision of its stream that it stands for, null for a stream without events. */
export interface LoadedSensor {
  readonly state: SensorState;
  readonly revision: bigint | null;
}

/** The states of the sensors that were in the news lately; others are folded from their streams. */
export class SensorStates {
  /** In the order of use, the longest unused first. */
  private readonly sensors = new Map<number, LoadedSensor>();
  private strikes = 0;
  /** Noted readings of sensors that were forgotten, which no event tells; of as many sensors at most. */
  private readonly noted = new Map<number, NotedReadings>();
  private readonly recalled = new Map<number, string[]>();
  private recalledCount = 0;

  constructor(private readonly store: EventStore) {}

  async load(sensorId: number): Promise<LoadedSensor> {
    const known = this.sensors.get(sensorId);
    if (known) {
      this.put(sensorId, known);
      return known;
    }
    const noted = this.noted.get(sensorId) ?? {};
    const { state, revision } = await this.foldNewer(sensorId, { state: { ...INITIAL_SENSOR, noted }, revision: null });
    const ignored = this.recalled.get(sensorId) ?? [];
    const messageIds = [...new Set([...state.messageIds.slice(-OF_EITHER), ...ignored])];
    return this.put(sensorId, { state: { ...state, messageIds }, revision });
  }

  /** As `load`, with what other processes have written to the stream up to now. */
  async loadNewest(sensorId: number): Promise<LoadedSensor> {
    const known = this.sensors.get(sensorId);
    return known ? this.put(sensorId, await this.foldNewer(sensorId, known)) : this.load(sensorId);
  }

  private async foldNewer(sensorId: number, { state, revision }: LoadedSensor): Promise<LoadedSensor> {
    let newest = { state, revision };
    const from = revision === null ? {} : { fromRevision: revision + 1n };
    for await (const recorded of this.store.readStream(sensorStream(sensorId), from)) {
      newest = { state: evolve(newest.state, decodeSensorEvent(recorded)), revision: recorded.revision };
    }
    return newest;
  }

  /** Keeps the state unless a newer one is there; gives the one that is kept. */
  put(sensorId: number, loaded: LoadedSensor): LoadedSensor {
    const known = this.sensors.get(sensorId);
    const kept = known && (known.revision ?? -1n) > (loaded.revision ?? -1n) ? known : loaded;
    this.drop(sensorId);
    this.noted.delete(sensorId);
    this.sensors.set(sensorId, kept);
    this.strikes += strikesOf(kept);
    while (this.sensors.size > MOST_SENSORS || this.strikes > MOST_STRIKES) this.drop(this.sensors.keys().next().value as number);
    return kept;
  }

  /** All are to be loaded again: others may have written since. */
  forgetAll(): void {
    for (const sensorId of this.sensors.keys()) this.forget(sensorId);
  }

  /** To be loaded again at the next use. */
  forget(sensorId: number): void {
    const noted = this.drop(sensorId)?.state.noted ?? {};
    if (Object.keys(noted).length === 0) return;
    if (this.noted.size === MOST_SENSORS) this.noted.delete(this.noted.keys().next().value as number);
    this.noted.set(sensorId, noted);
  }

  private drop(sensorId: number): LoadedSensor | undefined {
    const known = this.sensors.get(sensorId);
    if (known) this.strikes -= strikesOf(known);
    this.sensors.delete(sensorId);
    return known;
  }

  /** Takes the messageIds of ignored records, oldest first. */
  recall(ids: readonly (readonly [sensorId: number, messageId: string])[]): void {
    for (const [sensorId, messageId] of ids) {
      const ofSensor = this.recalled.get(sensorId) ?? [];
      this.recalled.delete(sensorId);
      this.recalled.set(sensorId, [...ofSensor, messageId].slice(-OF_EITHER));
      this.recalledCount += Math.min(1, OF_EITHER - ofSensor.length);
    }
    while (this.recalledCount > MOST_RECALLED) {
      const [oldest, gone] = this.recalled.entries().next().value as [number, string[]];
      this.recalled.delete(oldest);
      this.recalledCount -= gone.length;
    }
  }

  /** Whether a record at this position yielded an event; reads the sensor's stream, so only for duplicates. */
  async yieldedEvents(sensorId: number, source: SourcePosition): Promise<boolean> {
    const wanted = positionKey(source);
    for await (const recorded of this.store.readStream(sensorStream(sensorId), { direction: 'backwards' })) {
      const event = decodeSensorEvent(recorded);
      if (isReadingEvent(event) && positionKey(event.metadata.source) === wanted) return true;
    }
    return false;
  }
}

/** Called twice for each sensor of a batch: without arrays of its own. */
function strikesOf({ state: { strikes, noted } }: LoadedSensor): number {
  let count = 0;
  for (const type of ALARM_TYPES) count += (strikes[type]?.length ?? 0) + (noted[type]?.length ?? 0);
  return count;
}
