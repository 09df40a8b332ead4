import type { CellSensors } from '../../projections/cell-sensors.js';
import type { CellSensorsAnswer } from '../map-schemas.js';
import type { CellSensorsQuery } from '../request-schemas.js';
import { cursorInCell, placeInCell } from '../sensor-cursor.js';

/** A page of the sensors that one cell of the map stands for. */
export class ListCellSensors {
  constructor(readonly query: CellSensorsQuery) {}
}

export class ListCellSensorsHandler {
  constructor(private readonly sensors: CellSensors) {}

  /** Thrown: `BadCursor`, `ReadModelUnavailable`. */
  async execute({ query: { cell, zone, limit, cursor } }: ListCellSensors): Promise<CellSensorsAnswer> {
    const { items, last, total } = this.sensors.page(cell, zone ?? null, limit, placeInCell(cursor, cell));
    return { items, next: cursorInCell(last), total };
  }
}
