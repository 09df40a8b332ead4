import { Controller, Get, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Allow } from './access.decorator.js';
import { pastAnswer, type PastAnswer } from './past-schemas.js';
import { AuditSensor } from './queries/audit-sensor.query.js';
import { AuditSystem } from './queries/audit-system.query.js';
import { FindSensor } from './queries/find-sensor.query.js';
import { ListSilent } from './queries/list-silent.query.js';
import { auditQuery, noParameters, pastQuery, sensorListQuery, sensorParams, type AuditQuery, type PastQuery, type SensorListQuery } from './request-schemas.js';
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

  @Get('audit/system')
  @Allow('auditor')
  @ApiOperation({ summary: 'What was known of the whole system at a time of recording: open alarms, map, what changed last', description: 'Places are those of today: where a sensor is, is no event.' })
  @ApiResponse({ status: 200, standardSchema: pastAnswer })
  past(@Query({ schema: pastQuery }) query: PastQuery): Promise<PastAnswer> {
    return this.queries.execute<AuditSystem, PastAnswer>(new AuditSystem(query));
  }

  @Get('audit/sensors/:id')
  @Allow('auditor')
  @ApiOperation({ summary: 'What was known of a sensor at a time of recording or after one of its events, and the events that say so, newest first' })
  @ApiResponse({ status: 200, standardSchema: sensorAudit })
  audit(
    @Param({ schema: sensorParams }) { id }: { id: number },
    @Query({ schema: auditQuery }) query: AuditQuery,
  ): Promise<SensorAudit> {
    return this.queries.execute<AuditSensor, SensorAudit>(new AuditSensor(id, query));
  }
}
