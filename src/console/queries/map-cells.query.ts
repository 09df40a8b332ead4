import type { MapReads } from '../../projections/map-reads.js';
import type { MapQuery } from '../request-schemas.js';

/** The sensors by geohash cell, of the world or one zone. */
export class MapCells {
  constructor(readonly query: MapQuery) {}
}

export type MapAnswer = Awaited<ReturnType<MapReads['cells']>>;

export class MapCellsHandler {
  constructor(private readonly map: MapReads) {}

  async execute({ query }: MapCells): Promise<MapAnswer> {
    return this.map.cells(query.prefixLength, query.zone);
  }
}
