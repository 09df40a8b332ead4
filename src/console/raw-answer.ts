import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

/** Begins a streamed answer of status 200 with the headers set so far, and takes it out of fastify's hands. */
export function beginRaw(reply: FastifyReply, mediaType: string): ServerResponse {
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  reply.raw.writeHead(200, { 'Content-Type': mediaType, 'Cache-Control': 'no-store' });
  return reply.raw;
}
