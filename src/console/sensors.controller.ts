import { Controller, Get, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Allow } from './access.decorator.js';
import { AuditSensor } from './queries/audit-sensor.query.js';
import { FindSensor } from './queries/find-sensor.query.js';
import { ListSilent } from './queries/list-silent.query.js';
import { auditQuery, noParameters, sensorListQuery, sensorParams, type AuditQuery, type SensorListQuery } from './request-schemas.js';
import { sensorAudit, sensorDetails, silentList, type SensorAudit, type SensorDetails, type SilentList } from './response-schemas.js';

@ApiTags('sensors')
@Controller('api')
export class SensorsController {
  constructor(private readonly queries: QueryBus) {}

  @Get('sensors/:id')
  @Allow('auditor')
  @ApiOperation({ summary: 'A sensor as it is now' })
  @ApiResponse({ status: 200, standardSchema: sensorDetails })
  find(
    @Param({ schema: sensorParams }) { id }: { id: number },
    @Query({ schema: noParameters }) _none: object,
  ): Promise<SensorDetails> {
    return this.queries.execute<FindSensor, SensorDetails>(new FindSensor(id));
  }

  @Get('silent')
  @Allow('auditor')
  @ApiOperation({ summary: 'Sensors that are not heard of, the last to grow silent first' })
  @ApiResponse({ status: 200, standardSchema: silentList })
  silent(@Query({ schema: sensorListQuery }) query: SensorListQuery): Promise<SilentList> {
    return this.queries.execute<ListSilent, SilentList>(new ListSilent(query));
  }

  @Get('audit/sensors/:id')
  @Allow('auditor')
  @ApiOperation({ summary: 'What was known of a sensor at a time of recording, and the events that say so, newest first' })
  @ApiResponse({ status: 200, standardSchema: sensorAudit })
  audit(
    @Param({ schema: sensorParams }) { id }: { id: number },
    @Query({ schema: auditQuery }) query: AuditQuery,
  ): Promise<SensorAudit> {
    return this.queries.execute<AuditSensor, SensorAudit>(new AuditSensor(id, query));
  }
}
