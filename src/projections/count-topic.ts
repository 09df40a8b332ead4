import type { AlarmTriggered } from '../alarm-domain/alarm-events.js';
import { COUNT_TOPIC, type MessageLog } from '../message-log/message-log.js';
import type { CountPlace } from './count-checkpoint.js';
import { alarmIdOf, toCountRecord } from './count-record.js';

/** Topic COUNT as its publisher sees it: what may be on it already, and what is appended. */
export class CountTopic {
  private from: readonly CountPlace[] = [];
  private isReadBack = false;

  constructor(private readonly log: MessageLog) {}

  /** Alarms that are not known to be on COUNT are there, if at all, from here on. */
  get places(): readonly CountPlace[] {
    return this.from;
  }

  /** COUNT is known up to these places. */
  resumeAt(places: readonly CountPlace[]): void {
    this.from = places;
  }

  /** All alarms up to now are on COUNT, so that one still to come can't be before these ends. */
  settle(ends: readonly CountPlace[]): void {
    this.from = ends;
    this.isReadBack = true;
  }

  /** Thrown: the log's errors. */
  async ends(): Promise<CountPlace[]> {
    const ranges = await this.log.describe(COUNT_TOPIC);
    return ranges.map(({ partition, endOffset }) => ({ partition, nextOffset: endOffset }));
  }

  /** Takes those ids out that are on COUNT before the ends, and says how many. Thrown: the log's errors; `signal`'s reason. */
  async takeOutFound(ids: Set<string>, ends: readonly CountPlace[], signal: AbortSignal): Promise<number> {
    const sought = ids.size;
    for (const { partition, nextOffset } of this.from) {
      const end = ends.find((place) => place.partition === partition)?.nextOffset ?? 0;
      if (ids.size === 0 || end <= nextOffset) continue;
      for await (const record of this.log.read(COUNT_TOPIC, partition, nextOffset, end)) {
        signal.throwIfAborted();
        const alarmId = alarmIdOf(record);
        if (alarmId !== null) ids.delete(alarmId);
      }
    }
    return sought - ids.size;
  }

  /** Resolves when the alarms are durable. Thrown: the log's errors, after which it is not known which of them are there. */
  async append(alarms: readonly AlarmTriggered[]): Promise<void> {
    const appended = await this.log.append(COUNT_TOPIC, alarms.map(toCountRecord));
    // Until COUNT is read back, alarms still to be published may lie before these.
    if (!this.isReadBack) return;
    const next = new Map<number, number>();
    for (const { partition, offset } of appended) next.set(partition, Math.max(next.get(partition) ?? 0, offset + 1));
    this.from = this.from.map((place) => ({ ...place, nextOffset: Math.max(place.nextOffset, next.get(place.partition) ?? 0) }));
  }
}
