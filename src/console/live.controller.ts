import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { LiveFeed, MAX_LIVE_CLIENTS } from './live/live-feed.js';
import { RequestRefused } from './problem.js';
import { beginRaw } from './raw-answer.js';
import { noParameters } from './request-schemas.js';

@ApiTags('live')
@Controller('api/live')
export class LiveController {
  constructor(private readonly feed: LiveFeed) {}

  @Get()
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
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (this.feed.isFull) throw new RequestRefused(503, `${MAX_LIVE_CLIENTS} clients follow already; try again later`);
    const out = beginRaw(reply, 'text/event-stream');
    await this.feed.connect(out, lastEventId === undefined || lastEventId === '' ? null : lastEventId);
  }
}
