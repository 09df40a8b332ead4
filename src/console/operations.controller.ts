import { Body, Controller, Get, HttpCode, Inject, Logger, Param, Post, Query, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiResponse, ApiTags, type ApiResponseOptions } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../clock.js';
import type { Progress } from '../ingestion/reconcile.js';
import { CLOCK, OPERATIONS } from '../tokens.js';
import { Allow } from './access.decorator.js';
import { DropDeadLetters } from './commands/drop-dead-letters.command.js';
import { RebuildProjection } from './commands/rebuild-projection.command.js';
import { ReplayDeadLetters } from './commands/replay-dead-letters.command.js';
import { RetryNotification } from './commands/retry-notification.command.js';
import { deadLetterPage } from './dead-letter-page.js';
import type { Operations } from './operations.js';
import { contentOf } from './openapi.js';
import { PROGRESS_MEDIA_TYPE, tellProgress } from './progress-lines.js';
import { beginRaw } from './raw-answer.js';
import {
  deadLetterChoice, deadLetterListQuery, noBody, notificationParams, noParameters, projectionParams, reconcileQuery,
  type DeadLetterChoice, type DeadLetterListQuery, type ReconcileQuery,
} from './request-schemas.js';
import { affected, deadLetterList, progressLine, retryAnswer, type DeadLetterList } from './response-schemas.js';

const PROGRESS_LINES: ApiResponseOptions = { status: 200, content: contentOf(PROGRESS_MEDIA_TYPE, progressLine) };

/** What operators have done; the command line calls these while the process runs. */
@ApiTags('operations')
@Controller('api/operations')
export class OperationsController {
  private readonly logger = new Logger(OperationsController.name);

  constructor(
    private readonly commands: CommandBus,
    @Inject(OPERATIONS) private readonly operations: Operations,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post('projections/:name/rebuild')
  @Allow('administrator')
  @ApiOperation({ summary: 'Build a read model again from the first event' })
  @ApiResponse(PROGRESS_LINES)
  async rebuild(
    @Param({ schema: projectionParams }) { name }: { name: string },
    @Query({ schema: noParameters }) _none: object,
    @Body({ schema: noBody }) _body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.stream(request, reply, (onProgress) => this.commands.execute<RebuildProjection, { events: number }>(new RebuildProjection(name, onProgress)));
  }

  @Post('rebuild')
  @Allow('administrator')
  @ApiOperation({ summary: 'Build all read models again from the first event, each event read once' })
  @ApiResponse(PROGRESS_LINES)
  async rebuildAll(@Query({ schema: noParameters }) _none: object, @Body({ schema: noBody }) _body: object, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.stream(request, reply, (onProgress) => this.commands.execute<RebuildProjection, { events: number }>(new RebuildProjection(null, onProgress)));
  }

  @Post('reconcile')
  @Allow('auditor')
  @ApiOperation({ summary: 'Hold log, events, read models and e-mails against each other' })
  @ApiResponse(PROGRESS_LINES)
  async reconcile(
    @Query({ schema: reconcileQuery }) { from, to }: ReconcileQuery,
    @Body({ schema: noBody }) _body: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.stream(request, reply, (onProgress) => this.operations.reconcile({ fromMs: from === undefined ? 0 : Date.parse(from), toMs: to === undefined ? Infinity : Date.parse(to) }, onProgress));
  }

  @Get('dead-letters')
  @Allow('auditor')
  @ApiOperation({ summary: 'Records that could not be read, with their original bytes' })
  @ApiResponse({ status: 200, standardSchema: deadLetterList })
  deadLetters(@Query({ schema: deadLetterListQuery }) query: DeadLetterListQuery): Promise<DeadLetterList> {
    return deadLetterPage(this.operations.listDeadLetters(), query);
  }

  @Post('dead-letters/replay')
  @Allow('administrator')
  @HttpCode(200)
  @ApiOperation({ summary: 'Put open dead letters back into the log' })
  @ApiResponse({ status: 200, standardSchema: affected })
  async replay(
    @Query({ schema: noParameters }) _none: object,
    @Body({ schema: deadLetterChoice }) { ids }: DeadLetterChoice,
  ): Promise<{ count: number }> {
    return { count: await this.commands.execute<ReplayDeadLetters, number>(new ReplayDeadLetters(ids)) };
  }

  @Post('dead-letters/drop')
  @Allow('administrator')
  @HttpCode(200)
  @ApiOperation({ summary: 'Mark open dead letters as of no use' })
  @ApiResponse({ status: 200, standardSchema: affected })
  async drop(
    @Query({ schema: noParameters }) _none: object,
    @Body({ schema: deadLetterChoice }) { ids }: DeadLetterChoice,
  ): Promise<{ count: number }> {
    return { count: await this.commands.execute<DropDeadLetters, number>(new DropDeadLetters(ids)) };
  }

  @Post('notifications/:alarmId/retry')
  @Allow('operator')
  @HttpCode(202)
  @ApiOperation({ summary: 'Send a parked e-mail after all' })
  @ApiResponse({ status: 202, standardSchema: retryAnswer })
  async retry(
    @Param({ schema: notificationParams }) { alarmId }: { alarmId: string },
    @Query({ schema: noParameters }) _none: object,
    @Body({ schema: noBody }) _body: object,
  ): Promise<{ alarmId: string; status: 'requeued' }> {
    await this.commands.execute<RetryNotification, void>(new RetryNotification(alarmId));
    return { alarmId, status: 'requeued' };
  }

  private async stream(request: FastifyRequest, reply: FastifyReply, run: (onProgress: Progress) => Promise<object>): Promise<void> {
    const open = () => beginRaw(reply, PROGRESS_MEDIA_TYPE);
    await tellProgress(open, this.clock, request.url, run, (error) => this.logger.error(error));
  }
}
