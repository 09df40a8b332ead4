import { Controller, Get, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Allow } from './access.decorator.js';
import { loadAnswer, type LoadAnswer } from './load-schemas.js';
import { cellSensorsAnswer, mapAnswer, type CellSensorsAnswer } from './map-schemas.js';
import { CountAlarms, type CountsAnswer } from './queries/count-alarms.query.js';
import { ListCellSensors } from './queries/list-cell-sensors.query.js';
import { MapCells, type MapAnswer } from './queries/map-cells.query.js';
import { MeasureLoad } from './queries/measure-load.query.js';
import { cellSensorsQuery, countsQuery, loadQuery, mapQuery, type CellSensorsQuery, type CountsQuery, type LoadQuery, type MapQuery } from './request-schemas.js';
import { countList } from './response-schemas.js';

@ApiTags('overview')
@Controller('api')
export class OverviewController {
  constructor(private readonly queries: QueryBus) {}

  @Get('map')
  @Allow('auditor')
  @ApiOperation({ summary: 'The sensors by geohash cell' })
  @ApiResponse({ status: 200, standardSchema: mapAnswer })
  map(@Query({ schema: mapQuery }) query: MapQuery): Promise<MapAnswer> {
    return this.queries.execute<MapCells, MapAnswer>(new MapCells(query));
  }

  @Get('map/sensors')
  @Allow('auditor')
  @ApiOperation({ summary: 'The sensors of one geohash cell, calm or not, those near each other side by side' })
  @ApiResponse({ status: 200, standardSchema: cellSensorsAnswer })
  cellSensors(@Query({ schema: cellSensorsQuery }) query: CellSensorsQuery): Promise<CellSensorsAnswer> {
    return this.queries.execute<ListCellSensors, CellSensorsAnswer>(new ListCellSensors(query));
  }

  @Get('counts')
  @Allow('auditor')
  @ApiOperation({ summary: 'Alarms per minute and type; minutes without any are left out' })
  @ApiResponse({ status: 200, standardSchema: countList })
  counts(@Query({ schema: countsQuery }) query: CountsQuery): Promise<CountsAnswer> {
    return this.queries.execute<CountAlarms, CountsAnswer>(new CountAlarms(query));
  }

  @Get('load')
  @Allow('auditor')
  @ApiOperation({
    summary: 'What alarms ask of operators, per console',
    description: 'Each zone is taken as one operator’s console, `whole` as one for all. Rates, floods, chattering and stale alarms as in ANSI/ISA-18.2 and EEMUA 191; periods of ten minutes by the clock, 31 days at most.',
  })
  @ApiResponse({ status: 200, standardSchema: loadAnswer })
  load(@Query({ schema: loadQuery }) query: LoadQuery): Promise<LoadAnswer> {
    return this.queries.execute<MeasureLoad, LoadAnswer>(new MeasureLoad(query));
  }
}
