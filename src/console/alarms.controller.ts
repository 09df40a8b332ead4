import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Identity } from '../access/user-role.js';
import { Allow, Asking } from './access.decorator.js';
import { actingOperator } from './acting-operator.js';
import { AcknowledgeAlarm } from './commands/acknowledge-alarm.command.js';
import { CommentAlarm } from './commands/comment-alarm.command.js';
import { expectedVersions, IF_MATCH, tagged } from './expected-version.js';
import { FindAlarm } from './queries/find-alarm.query.js';
import { ListAlarms, type AlarmPage } from './queries/list-alarms.query.js';
import { acknowledgement, alarmListQuery, alarmParams, comment, noParameters, type Acknowledgement, type AlarmListQuery, type Comment } from './request-schemas.js';
import { alarmDetails, alarmList, alarmVersion, type AlarmDetails, type AlarmVersion } from './response-schemas.js';

@ApiTags('alarms')
@Controller('api/alarms')
export class AlarmsController {
  constructor(
    private readonly queries: QueryBus,
    private readonly commands: CommandBus,
  ) {}

  @Get()
  @Allow('auditor')
  @ApiOperation({ summary: 'Alarms, the newest or the oldest first' })
  @ApiResponse({ status: 200, standardSchema: alarmList })
  list(@Query({ schema: alarmListQuery }) filter: AlarmListQuery): Promise<AlarmPage> {
    return this.queries.execute<ListAlarms, AlarmPage>(new ListAlarms(filter));
  }

  @Get(':id')
  @Allow('auditor')
  @ApiOperation({ summary: 'An alarm with its evidence, what operators did, and what became of its e-mail; ETag is its version' })
  @ApiResponse({ status: 200, standardSchema: alarmDetails })
  async find(
    @Param({ schema: alarmParams }) { id }: { id: string },
    @Query({ schema: noParameters }) _none: object,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AlarmDetails> {
    return tagged(reply, await this.queries.execute<FindAlarm, AlarmDetails>(new FindAlarm(id)));
  }

  @Post(':id/acknowledge')
  @Allow('operator')
  @HttpCode(200)
  @ApiOperation({ summary: 'An operator has seen the alarm, open or recovered' })
  @ApiHeader(IF_MATCH)
  @ApiResponse({ status: 200, standardSchema: alarmVersion })
  async acknowledge(
    @Param({ schema: alarmParams }) { id }: { id: string },
    @Query({ schema: noParameters }) _none: object,
    @Asking() asking: Identity | null,
    @Headers('if-match') ifMatch: string | undefined,
    @Body({ schema: acknowledgement }) request: Acknowledgement,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AlarmVersion> {
    return tagged(reply, await this.commands.execute<AcknowledgeAlarm, AlarmVersion>(new AcknowledgeAlarm(id, expectedVersions(ifMatch), { ...request, operator: actingOperator(asking, request.operator) })));
  }

  @Post(':id/comments')
  @Allow('operator')
  @HttpCode(201)
  @ApiOperation({ summary: 'Write a note about the alarm' })
  @ApiHeader(IF_MATCH)
  @ApiResponse({ status: 201, standardSchema: alarmVersion })
  async comment(
    @Param({ schema: alarmParams }) { id }: { id: string },
    @Query({ schema: noParameters }) _none: object,
    @Asking() asking: Identity | null,
    @Headers('if-match') ifMatch: string | undefined,
    @Body({ schema: comment }) request: Comment,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AlarmVersion> {
    return tagged(reply, await this.commands.execute<CommentAlarm, AlarmVersion>(new CommentAlarm(id, expectedVersions(ifMatch), { ...request, operator: actingOperator(asking, request.operator) })));
  }
}
