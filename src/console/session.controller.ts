import { Body, Controller, Get, HttpCode, Inject, Logger, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LogInRefused, SESSION_COOKIE, type AccessControl } from '../access/access-control.js';
import { ACCESS } from '../tokens.js';
import { Allow } from './access.decorator.js';
import { RequestRefused } from './problem.js';
import { logIn, noBody, noParameters, type LogIn } from './request-schemas.js';
import { session, type Session } from './response-schemas.js';

const REFUSED = {
  wrong: { status: 401, detail: 'there is no such name and password' },
  'too-many': { status: 429, detail: 'too many attempts; try again later' },
  busy: { status: 503, detail: 'too many people log in at once; try again' },
} as const satisfies Record<LogInRefused['reason'], { status: number; detail: string }>;

/** Who is logged in, in the browser that asks. */
@ApiTags('session')
@Controller('api/session')
export class SessionController {
  private readonly logger = new Logger(SessionController.name);

  constructor(@Inject(ACCESS) private readonly control: AccessControl) {}

  @Get()
  @Allow('anyone')
  @ApiOperation({ summary: 'Whether one must log in here, and who has' })
  @ApiResponse({ status: 200, standardSchema: session })
  async find(@Query({ schema: noParameters }) _none: object, @Req() { headers }: FastifyRequest): Promise<Session> {
    return { isRequired: await this.control.isLogInRequired(), user: await this.control.identify(headers) };
  }

  @Post()
  @HttpCode(200)
  @Allow('anyone')
  @ApiOperation({ summary: 'Log in with name and password; the answer sets the cookie. 429 with Retry-After after many failures' })
  @ApiResponse({ status: 200, standardSchema: session })
  async begin(
    @Query({ schema: noParameters }) _none: object,
    @Body({ schema: logIn }) { name, password }: LogIn,
    @Req() { ip }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Session> {
    try {
      const { token, identity } = await this.control.logIn(name, password, ip);
      this.logger.log(`${identity.name} (${identity.role}) has logged in from ${ip}`);
      reply.header('Set-Cookie', this.cookie(token, this.control.sessionSeconds));
      return { isRequired: true, user: identity };
    } catch (error) {
      if (!(error instanceof LogInRefused)) throw error;
      this.logger.warn(`a log-in as ${JSON.stringify(name)} from ${ip} was refused: ${error.reason}`);
      const { status, detail } = REFUSED[error.reason];
      if (error.waitMs > 0) reply.header('Retry-After', Math.ceil(error.waitMs / 1000));
      throw new RequestRefused(status, detail);
    }
  }

  @Post('end')
  @HttpCode(200)
  @Allow('anyone')
  @ApiOperation({ summary: 'Log out' })
  @ApiResponse({ status: 200, standardSchema: session })
  async end(
    @Query({ schema: noParameters }) _none: object,
    @Body({ schema: noBody }) _body: object,
    @Req() { headers }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Session> {
    await this.control.logOut(headers);
    reply.header('Set-Cookie', this.cookie('', 0));
    const isRequired = await this.control.isLogInRequired();
    return { isRequired, user: isRequired ? null : await this.control.identify(headers) };
  }

  private cookie(token: string, seconds: number): string {
    return `${SESSION_COOKIE}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${this.control.isCookieSecure ? '; Secure' : ''}`;
  }
}
