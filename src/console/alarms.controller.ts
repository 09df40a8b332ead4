import { Controller, Get, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FindAlarm } from './queries/find-alarm.query.js';
import { ListAlarms, type AlarmPage } from './queries/list-alarms.query.js';
import { alarmListQuery, alarmParams, noParameters, type AlarmListQuery } from './request-schemas.js';
import { alarmDetails, alarmList, type AlarmDetails } from './response-schemas.js';

@ApiTags('alarms')
@Controller('api/alarms')
export class AlarmsController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  @ApiOperation({ summary: 'Alarms, newest first' })
  @ApiResponse({ status: 200, standardSchema: alarmList })
  list(@Query({ schema: alarmListQuery }) filter: AlarmListQuery): Promise<AlarmPage> {
    return this.queries.execute<ListAlarms, AlarmPage>(new ListAlarms(filter));
  }

  @Get(':id')
  @ApiOperation({ summary: 'An alarm with its evidence and what became of its e-mail' })
  @ApiResponse({ status: 200, standardSchema: alarmDetails })
  find(
    @Param({ schema: alarmParams }) { id }: { id: string },
    @Query({ schema: noParameters }) _none: object,
  ): Promise<AlarmDetails> {
    return this.queries.execute<FindAlarm, AlarmDetails>(new FindAlarm(id));
  }
}
