import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExtension } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Access, Identity } from '../access/user-role.js';
import { ACCESS_EXTENSION } from './openapi.js';

/** Declares whom a route answers; one that does not keeps the application from starting. */
export function Allow(access: Access): MethodDecorator {
  return applyDecorators(RouteConfig({ access }), ApiExtension(ACCESS_EXTENSION, access));
}

/** Who asks, as a parameter of a route. */
export const Asking = createParamDecorator((_: unknown, context: ExecutionContext): Identity | null => context.switchToHttp().getRequest<FastifyRequest>().identity);
