import type { MapSource } from '../../projections/map-answer.js';
import type { MapQuery } from '../request-schemas.js';

/** The sensors by geohash cell, of the world or one zone. */
export class MapCells {
  constructor(readonly query: MapQuery) {}
}

export type MapAnswer = Awaited<ReturnType<MapSource['cells']>>;

export class MapCellsHandler {
  constructor(private readonly map: MapSource) {}

  async execute({ query }: MapCells): Promise<MapAnswer> {
    return this.map.cells(query.prefixLength, query.zone);
  }
}
