import type { ServerResponse } from 'node:http';
import { PROBLEM_MEDIA_TYPE, RETRY_AFTER_SECONDS, toProblem } from './problem.js';

/** The parts of Nest's `ArgumentsHost` and of fastify's reply that are used; no framework comes in here. */
interface Host {
  getType(): string;
  switchToHttp(): { getRequest<T>(): T; getResponse<T>(): T };
}
interface Reply {
  readonly sent: boolean;
  readonly raw: ServerResponse;
  code(status: number): this;
  header(name: string, value: string | number): this;
  send(body: string): unknown;
}

/** Answers every error of the console as Problem Details; what is the console's own fault is logged. */
export class ProblemFilter {
  constructor(private readonly logFailure: (error: unknown) => void) {}

  catch(error: unknown, host: Host): void {
    // Errors of other transports are not answered here.
    if (host.getType() !== 'http') throw error;
    const reply = host.switchToHttp().getResponse<Reply>();
    const { url } = host.switchToHttp().getRequest<{ url: string }>();
    const problem = toProblem(error, url);
    if (problem.status === 500) this.logFailure(error);
    if (reply.sent) {
      reply.raw.destroy();
      return;
    }
    if (problem.status === 503) reply.header('Retry-After', RETRY_AFTER_SECONDS);
    reply.code(problem.status).header('Content-Type', PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem));
  }
}
