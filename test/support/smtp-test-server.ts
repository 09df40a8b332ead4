import type { Socket } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';

/** How a real SMTP server treats one mail; `kept` variants have the mail although the client hears nothing. */
export type SmtpBehaviour =
  | 'accept'
  | { readonly refuseAt: 'mail-from' | 'rcpt-to' | 'data'; readonly code: number }
  | { readonly dropAt: 'rcpt-to' | 'amid-data' | 'after-data-kept' | 'after-data' }
  | { readonly answerAfterMs: number };

/** A mail server on a free port of this machine, whose behaviour the spec sets for each attempt. */
export class SmtpTestServer {
  /** Every mail that the server has taken or kept, as it came. */
  readonly mails: Buffer[] = [];
  /** One entry per MAIL FROM. */
  attempts = 0;
  behave: (attempt: number) => SmtpBehaviour = () => 'accept';
  private readonly server: SMTPServer;
  private readonly planned = new Map<string, SmtpBehaviour>();

  private constructor() {
    this.server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      closeTimeout: 100,
      onMailFrom: (_address, session, done) => {
        this.attempts += 1;
        const plan = this.behave(this.attempts);
        this.planned.set(session.id, plan);
        if (typeof plan === 'object' && 'refuseAt' in plan && plan.refuseAt === 'mail-from') done(answer(plan.code));
        else done();
      },
      onRcptTo: (_address, session, done) => {
        const plan = this.planOf(session);
        if (typeof plan === 'object' && 'refuseAt' in plan && plan.refuseAt === 'rcpt-to') return done(answer(plan.code));
        if (typeof plan === 'object' && 'dropAt' in plan && plan.dropAt === 'rcpt-to') return this.drop(session);
        done();
      },
      onData: (stream, session, done) => this.onData(stream, session, done),
    });
    // A cut connection is what some of the behaviours are for.
    this.server.on('error', () => undefined);
  }

  static async start(): Promise<SmtpTestServer> {
    const server = new SmtpTestServer();
    await server.listen(0);
    return server;
  }

  get port(): number {
    const address = this.server.server.address();
    if (address === null || typeof address === 'string') throw new Error('the server does not listen');
    return address.port;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  async parsed(): Promise<ParsedMail[]> {
    return Promise.all(this.mails.map((mail) => simpleParser(mail)));
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async listen(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
  }

  private planOf(session: SMTPServerSession): SmtpBehaviour {
    return this.planned.get(session.id) ?? 'accept';
  }

  private onData(stream: SMTPServerDataStream, session: SMTPServerSession, done: (error?: Error | null) => void): void {
    const plan = this.planOf(session);
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (typeof plan === 'object' && 'dropAt' in plan && plan.dropAt === 'amid-data') this.drop(session);
    });
    stream.on('end', () => {
      const mail = Buffer.concat(chunks);
      if (plan === 'accept') {
        this.mails.push(mail);
        return done();
      }
      if ('refuseAt' in plan) return done(answer(plan.code));
      if ('answerAfterMs' in plan) {
        this.mails.push(mail);
        setTimeout(() => done(), plan.answerAfterMs).unref();
        return;
      }
      if (plan.dropAt === 'after-data-kept') this.mails.push(mail);
      this.drop(session);
    });
  }

  private drop(session: SMTPServerSession): void {
    const connections = this.server.connections as Set<{ id: string; _socket: Socket }>;
    for (const connection of connections) if (connection.id === session.id) connection._socket.destroy();
  }
}

function answer(code: number): Error {
  return Object.assign(new Error(code >= 500 ? 'mailbox guard@example.org is gone' : 'try again later'), { responseCode: code });
}
