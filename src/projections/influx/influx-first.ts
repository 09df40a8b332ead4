import type { CountQuery, CountSource } from '../count-reads.js';
import type { MapAnswer, MapSource } from '../map-answer.js';
import { ReadModelUnavailable } from '../projection-sink.js';
import { InfluxRefused } from './influx-client.js';

/** Map and counts as something can answer them. */
export type MapAndCounts = MapSource & CountSource;

export function mapAndCounts(map: MapSource, counts: CountSource): MapAndCounts {
  return { cells: (...asked) => map.cells(...asked), perMinute: (query) => counts.perMinute(query) };
}

/** InfluxDB answers; what it can't answer now comes from the embedded read models, which have the same rows (ADR 12). */
export class InfluxFirst implements MapAndCounts {
  /** How many questions either has answered. */
  readonly answered = { influx: 0, embedded: 0 };

  constructor(
    readonly influx: MapAndCounts,
    readonly embedded: MapAndCounts,
  ) {}

  cells(prefixLength: number, zone?: string): Promise<MapAnswer> {
    return this.ask((source) => source.cells(prefixLength, zone));
  }

  perMinute(query: CountQuery): ReturnType<CountSource['perMinute']> {
    return this.ask((source) => source.perMinute(query));
  }

  private async ask<T>(question: (source: MapAndCounts) => Promise<T>): Promise<T> {
    try {
      const answer = await question(this.influx);
      this.answered.influx += 1;
      return answer;
    } catch (error) {
      if (!(error instanceof ReadModelUnavailable) && !(error instanceof InfluxRefused)) throw error;
      this.answered.embedded += 1;
      return question(this.embedded);
    }
  }
}
