import type { Readable } from 'node:stream';
import { createTransport, type NodemailerError, type SMTPPoolOptions } from 'nodemailer';
import type { Clock } from '../clock.js';
import { MailOutcomeUnknown, MailRefused, type Mail, type Mailer } from './mailer.js';
import { toMimeMail } from './mime-mail.js';
import { parseSmtpUrl } from './smtp-url.js';

/** As many as the dispatcher has mails in work, so that none waits for a connection. */
const MAX_CONNECTIONS = 8;

/** Exim's default limit per connection; a connection is renewed before a server ends it. */
const MAX_MAILS_PER_CONNECTION = 1000;

/** How often a mail is given to a new connection because a kept one turned out dead before any of it was sent. */
const MAX_DEAD_CONNECTIONS = 2;

/** In milliseconds. `send` covers all of a sending, from a server that says nothing to one that trickles its answers. */
export interface SmtpLimits {
  readonly connect: number;
  readonly send: number;
}

export const SMTP_LIMITS: SmtpLimits = { connect: 10_000, send: 30_000 };

/** Those with another time for a sending, which a connection is a part of. */
export function smtpLimits(sendMs: number): SmtpLimits {
  return { connect: Math.min(SMTP_LIMITS.connect, sendMs), send: sendMs };
}

/**
 * Sends each mail by SMTP to one recipient, over a few connections that are kept for minutes without a mail: a new one
 * takes a server's greeting and log-in, which is most of a mail's way.
 *
 * An error is certain only if the server refused the mail or nothing of it was read yet: nodemailer begins
 * to read a mail's stream after the server's go-ahead to DATA. It looks at the same mark before it uses
 * another connection by itself.
 */
export class SmtpMailer implements Mailer {
  readonly way = 'smtp';
  readonly sendLimitMs: number;
  private readonly transporter;
  /** The streams that were made of a mail, by the signal of its sending. */
  private readonly streams = new WeakMap<AbortSignal, Readable[]>();

  /** `url`: see `parseSmtpUrl`. */
  constructor(
    url: string,
    private readonly clock: Clock,
    limits: SmtpLimits = SMTP_LIMITS,
  ) {
    this.sendLimitMs = limits.send;
    this.transporter = createTransport({ ...poolOptions(limits), ...parseSmtpUrl(url), pool: true });
    this.transporter.use('stream', (mail, done) => {
      const { signal } = mail.data;
      const streams = signal && this.streams.get(signal);
      const { message } = mail;
      const createReadStream = message.createReadStream.bind(message);
      message.createReadStream = (options) => {
        const stream = createReadStream(options);
        streams?.push(stream);
        return stream;
      };
      done();
    });
  }

  async send(mail: Mail): Promise<{ readonly delivered: 'now' }> {
    const limit = new AbortController();
    const ended = new AbortController();
    const streams: Readable[] = [];
    this.streams.set(limit.signal, streams);
    void this.clock.sleep(this.sendLimitMs, ended.signal).then(() => limit.abort());
    try {
      await this.transporter.sendMail({ ...toMimeMail(mail), signal: limit.signal });
      return { delivered: 'now' };
    } catch (error) {
      throw translate(error as NodemailerError, streams.some((stream) => stream.readableDidRead));
    } finally {
      ended.abort();
    }
  }

  /** SMTP offers no way to ask. */
  async find(): Promise<'unknown'> {
    return 'unknown';
  }

  async close(): Promise<void> {
    this.transporter.close({ force: true });
  }
}

function poolOptions(limits: SmtpLimits): SMTPPoolOptions {
  return {
    maxConnections: MAX_CONNECTIONS,
    maxMessages: MAX_MAILS_PER_CONNECTION,
    maxRequeues: MAX_DEAD_CONNECTIONS,
    dnsTimeout: limits.connect,
    connectionTimeout: limits.connect,
    greetingTimeout: limits.connect,
    socketCloseTimeout: 1000,
  };
}

/** What an error says of the mail. Only an answer to the mail's own commands is about the mail: a refused login is not. */
function translate(error: NodemailerError, wasRead: boolean): MailRefused | MailOutcomeUnknown {
  const reason = reasonOf(error);
  const { command, responseCode } = error;
  const isAnswer = typeof responseCode === 'number';
  if (isAnswer && command === 'DATA') return new MailRefused(reason, error.permanent === true, { cause: error });
  if (wasRead) return new MailOutcomeUnknown(reason, { cause: error });
  if (isAnswer && (command === 'MAIL FROM' || command === 'RCPT TO')) return new MailRefused(reason, error.permanent === true, { cause: error });
  // Refused on our side, before anything was sent: larger than the server takes, or a bad address.
  const isUnsendable = !isAnswer && (error.code === 'EMESSAGE' || error.code === 'EENVELOPE');
  return new MailRefused(reason, isUnsendable, { cause: error });
}

/** Short, one line, and without addresses, since it goes into an event (P5). */
function reasonOf(error: NodemailerError): string {
  const text = `${error.code ?? error.name} ${error.command ?? ''}: ${error.message}`;
  return text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(/[^\s<>]+@[^\s<>]+/g, 'address')
    .slice(0, 200);
}
