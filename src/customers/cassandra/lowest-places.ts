import type { SensorPlace } from '../customer.js';

/** Collects the places with the lowest ids above a bound out of any number in any order, in the memory of twice `limit`. */
export class LowestPlaces {
  private readonly byId = new Map<number, SensorPlace>();
  private highest = Number.POSITIVE_INFINITY;
  private hasDropped = false;

  constructor(
    private readonly above: number,
    private readonly limit: number,
  ) {}

  add(place: SensorPlace): void {
    if (place.sensorId <= this.above) return;
    if (place.sensorId > this.highest) this.hasDropped = true;
    else this.byId.set(place.sensorId, place);
    if (this.byId.size >= 2 * this.limit) this.cut();
  }

  /** At most `limit` of them by ascending id; `isAll` when no place above the bound was left out. */
  result(): { readonly places: readonly SensorPlace[]; readonly isAll: boolean } {
    if (this.byId.size > this.limit) this.cut();
    return { places: [...this.ids()].map((id) => this.byId.get(id) as SensorPlace), isAll: !this.hasDropped };
  }

  private cut(): void {
    const ids = this.ids();
    this.highest = ids[this.limit - 1] as number;
    for (const id of ids.subarray(this.limit)) this.byId.delete(id);
    this.hasDropped = true;
  }

  /** Numbers in a typed array sort several times as fast as objects. */
  private ids(): Int32Array {
    return Int32Array.from(this.byId.keys()).sort();
  }
}
