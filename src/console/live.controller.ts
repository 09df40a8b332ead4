import { Controller, Get, Headers, Inject, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AccessControl } from '../access/access-control.js';
import { ACCESS } from '../tokens.js';
import { Allow } from './access.decorator.js';
import { LiveFeed, MAX_LIVE_CLIENTS } from './live/live-feed.js';
import { RequestRefused } from './problem.js';
import { beginRaw } from './raw-answer.js';
import { noParameters } from './request-schemas.js';

@ApiTags('live')
@Controller('api/live')
export class LiveController {
  constructor(
    private readonly feed: LiveFeed,
    @Inject(ACCESS) private readonly control: AccessControl,
  ) {}

  @Get()
  @Allow('auditor')
  @ApiOperation({
    summary: 'Server-sent events: alarm, map, counts, shelved, reset, heartbeat',
    description:
      'Each has the event store position as its id, from which a client that comes again with Last-Event-ID goes on. ' +
      'An alarm comes with its data, and `isNew` when it has just opened; map, counts and shelved say that those are to be read again, reset that all is.',
  })
  @ApiResponse({ status: 200, content: { 'text/event-stream': { schema: { type: 'string' } } } })
  async live(
    @Headers('last-event-id') lastEventId: string | undefined,
    @Query({ schema: noParameters }) _none: object,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    // It has no body to wait for.
    if (request.method === 'HEAD') return void beginRaw(reply, 'text/event-stream').end();
    if (!this.feed.makeRoom()) throw new RequestRefused(503, `${MAX_LIVE_CLIENTS} clients follow already; try again later`);
    const out = beginRaw(reply, 'text/event-stream');
    const forget = this.control.follow(request.headers, () => out.end());
    out.once('close', forget);
    await this.feed.connect(out, lastEventId === undefined || lastEventId === '' ? null : lastEventId);
  }
}
