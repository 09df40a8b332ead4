import { Controller, Get, Inject, Query, Res, type OnModuleInit } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Registry } from 'prom-client';
import { HEALTH, METRICS } from '../tokens.js';
import { Allow } from './access.decorator.js';
import { worstStatus, type Health, type HealthPart, type HealthStatus } from './health-report.js';
import { registerProcessMetrics } from './process-metrics.js';
import { noParameters } from './request-schemas.js';
import { health } from './response-schemas.js';

@ApiTags('system')
@Controller()
export class HealthController implements OnModuleInit {
  constructor(
    @Inject(HEALTH) private readonly healthOf: Health,
    @Inject(METRICS) private readonly registry: Registry,
  ) {}

  onModuleInit(): void {
    registerProcessMetrics(this.registry, this.healthOf);
  }

  @Get('api/health')
  @Allow('probe')
  @ApiOperation({ summary: 'How each part is, and how far it is behind; 503 when one is down' })
  @ApiResponse({ status: 200, standardSchema: health })
  @ApiResponse({ status: 503, standardSchema: health })
  async health(
    @Res({ passthrough: true }) reply: FastifyReply,
    @Query({ schema: noParameters }) _none: object,
  ): Promise<{ status: HealthStatus; parts: readonly HealthPart[] }> {
    const { parts } = await this.healthOf.report();
    const status = worstStatus(parts);
    reply.code(status === 'down' ? 503 : 200);
    return { status, parts };
  }

  @Get('metrics')
  @Allow('probe')
  @ApiOperation({ summary: 'Metrics in the text format of Prometheus' })
  @ApiResponse({ status: 200, content: { 'text/plain': { schema: { type: 'string' } } } })
  async metrics(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    reply.header('Content-Type', this.registry.contentType);
    return this.registry.metrics();
  }
}
