import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Identity } from '../access/user-role.js';
import { Allow, Asking } from './access.decorator.js';
import { actingOperator } from './acting-operator.js';
import { ShelveSensor } from './commands/shelve-sensor.command.js';
import { UnshelveSensor } from './commands/unshelve-sensor.command.js';
import { expectedVersions, IF_MATCH, tagged } from './expected-version.js';
import { FindShelving } from './queries/find-shelving.query.js';
import { ListShelved } from './queries/list-shelved.query.js';
import { noParameters, sensorParams, sensorListQuery, shelving, unshelving, type SensorListQuery, type ShelvingRequest, type Unshelving } from './request-schemas.js';
import { sensorShelving, shelvedList, type SensorShelving, type ShelvedList } from './response-schemas.js';

/** Sensors whose e-mails are held back for a time. */
@ApiTags('shelving')
@Controller('api')
export class ShelvingController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('shelved')
  @Allow('auditor')
  @ApiOperation({ summary: 'Shelved sensors, the last shelved first' })
  @ApiResponse({ status: 200, standardSchema: shelvedList })
  list(@Query({ schema: sensorListQuery }) query: SensorListQuery): Promise<ShelvedList> {
    return this.queries.execute<ListShelved, ShelvedList>(new ListShelved(query));
  }

  @Get('sensors/:id/shelving')
  @Allow('auditor')
  @ApiOperation({ summary: 'Whether a sensor is shelved; ETag is the version that shelve and unshelve expect' })
  @ApiResponse({ status: 200, standardSchema: sensorShelving })
  find(
    @Param({ schema: sensorParams }) { id }: { id: number },
    @Query({ schema: noParameters }) _none: object,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SensorShelving> {
    return this.answer(id, reply);
  }

  @Post('sensors/:id/shelve')
  @Allow('operator')
  @HttpCode(200)
  @ApiOperation({ summary: 'Hold the e-mails of new alarms back until a time, or give a shelved sensor another time' })
  @ApiHeader(IF_MATCH)
  @ApiResponse({ status: 200, standardSchema: sensorShelving })
  async shelve(
    @Param({ schema: sensorParams }) { id }: { id: number },
    @Query({ schema: noParameters }) _none: object,
    @Asking() asking: Identity | null,
    @Headers('if-match') ifMatch: string | undefined,
    @Body({ schema: shelving }) request: ShelvingRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SensorShelving> {
    await this.commands.execute<ShelveSensor, void>(new ShelveSensor(id, expectedVersions(ifMatch), { ...request, operator: actingOperator(asking, request.operator) }));
    return this.answer(id, reply);
  }

  @Post('sensors/:id/unshelve')
  @Allow('operator')
  @HttpCode(200)
  @ApiOperation({ summary: 'End a shelving before its time; the e-mails of its alarms that are still open go' })
  @ApiHeader(IF_MATCH)
  @ApiResponse({ status: 200, standardSchema: sensorShelving })
  async unshelve(
    @Param({ schema: sensorParams }) { id }: { id: number },
    @Query({ schema: noParameters }) _none: object,
    @Asking() asking: Identity | null,
    @Headers('if-match') ifMatch: string | undefined,
    @Body({ schema: unshelving }) { operator }: Unshelving,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SensorShelving> {
    await this.commands.execute<UnshelveSensor, void>(new UnshelveSensor(id, expectedVersions(ifMatch), actingOperator(asking, operator)));
    return this.answer(id, reply);
  }

  private async answer(sensorId: number, reply: FastifyReply): Promise<SensorShelving> {
    return tagged(reply, await this.queries.execute<FindShelving, SensorShelving>(new FindShelving(sensorId)));
  }
}
