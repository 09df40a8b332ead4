import { createServer, type Server } from 'node:net';
import { alarmTriggered, CUSTOMER } from '../../test/support/alarm-fixtures.js';
import { SmtpTestServer, type SmtpBehaviour } from '../../test/support/smtp-test-server.js';
import { systemClock } from '../clock.js';
import { alarmMail } from './mail-template.js';
import { MailOutcomeUnknown, MailRefused, type Mail } from './mailer.js';
import { SmtpMailer, type SmtpLimits } from './smtp-mailer.js';
import { BadSmtpUrl, parseSmtpUrl } from './smtp-url.js';

// Long enough for a busy machine to use a kept connection before it is given up, which would be another attempt.
const LIMITS: SmtpLimits = { connect: 1000, send: 3000 };

function aMail(): Mail {
  const settings = { language: 'en', from: 'alarms@vigia.local', to: 'guard@vigia.local', consoleUrl: null } as const;
  return alarmMail(settings, { alarm: alarmTriggered().data, customer: CUSTOMER, date: '2026-03-01T12:00:04.000Z', possibleDuplicate: false });
}

async function failureOf(sending: Promise<unknown>): Promise<unknown> {
  return sending.then(
    () => 'sent',
    (error: unknown) => error,
  );
}

describe('the SMTP mailer, on a real server', () => {
  let server: SmtpTestServer;
  let mailer: SmtpMailer;
  beforeEach(async () => {
    server = await SmtpTestServer.start();
    mailer = new SmtpMailer(server.url, systemClock, LIMITS);
  });
  afterEach(async () => {
    await mailer.close();
    await server.stop();
  });

  it('sends a mail to one recipient, and the next over the same connection', async () => {
    const mails = [aMail(), aMail(), aMail()];
    for (const mail of mails) expect(await mailer.send(mail)).toEqual({ delivered: 'now' });
    const received = await server.parsed();
    expect(received.map((mail) => mail.headers.get('x-vigia-alarm-id'))).toEqual(mails.map((mail) => mail.alarmId));
    expect(await mailer.find()).toBe('unknown');
  });

  it.each<[string, SmtpBehaviour, boolean]>([
    ['421 to MAIL FROM', { refuseAt: 'mail-from', code: 421 }, false],
    ['452 to RCPT TO', { refuseAt: 'rcpt-to', code: 452 }, false],
    ['451 to the mail itself', { refuseAt: 'data', code: 451 }, false],
    ['421 to the mail itself', { refuseAt: 'data', code: 421 }, false],
    ['550 to MAIL FROM', { refuseAt: 'mail-from', code: 550 }, true],
    ['550 to RCPT TO', { refuseAt: 'rcpt-to', code: 550 }, true],
    ['554 to the mail itself', { refuseAt: 'data', code: 554 }, true],
  ])('is refused for certain by %s', async (_, behaviour, permanent) => {
    server.behave = () => behaviour;
    const error = await failureOf(mailer.send(aMail()));
    expect(error).toBeInstanceOf(MailRefused);
    expect(error).toMatchObject({ permanent });
    expect((error as MailRefused).reason).not.toContain('@');
    expect(server.mails).toHaveLength(0);
    server.behave = () => 'accept';
    expect(await mailer.send(aMail())).toEqual({ delivered: 'now' });
  });

  it.each<[string, SmtpBehaviour, number]>([
    ['cut amid the mail', { dropAt: 'amid-data' }, 0],
    ['cut after the mail, which is lost', { dropAt: 'after-data' }, 0],
    ['cut after the mail, which is kept', { dropAt: 'after-data-kept' }, 1],
    ['answered too late', { answerAfterMs: 5000 }, 1],
  ])('has an unknown outcome, and is not sent a second time by itself, when %s', async (_, behaviour, kept) => {
    await mailer.send(aMail()); // so that the connection is a kept one, which nodemailer may replace
    server.behave = () => behaviour;
    expect(await failureOf(mailer.send(aMail()))).toBeInstanceOf(MailOutcomeUnknown);
    expect(server.attempts).toBe(2);
    expect(server.mails).toHaveLength(1 + kept);
  });

  it('has failed for certain when the connection was cut before any of the mail was sent', async () => {
    server.behave = () => ({ dropAt: 'rcpt-to' });
    expect(await failureOf(mailer.send(aMail()))).toMatchObject({ name: 'MailRefused', permanent: false });
    expect(server.mails).toHaveLength(0);
  });

  it('uses another connection when a kept one was cut before any of the mail was sent', async () => {
    await mailer.send(aMail());
    server.behave = (attempt) => (attempt === 2 ? { dropAt: 'rcpt-to' } : 'accept');
    expect(await mailer.send(aMail())).toEqual({ delivered: 'now' });
    expect(server.mails).toHaveLength(2);
  });

  it('has failed for certain when nobody listens', async () => {
    const { url } = server;
    await server.stop();
    const other = new SmtpMailer(url, systemClock, LIMITS);
    expect(await failureOf(other.send(aMail()))).toMatchObject({ name: 'MailRefused', permanent: false, reason: expect.stringContaining('ECONNREFUSED') });
    await other.close();
  });
});

describe('the SMTP mailer, on a server that does not keep to the protocol', () => {
  let server: Server;
  const sockets = new Set<{ destroy(): void }>();
  async function listen(talk: (write: (line: string) => void, onLine: (heard: (line: string) => void) => void) => void): Promise<SmtpMailer> {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      talk(
        (line) => socket.write(line),
        (heard) => socket.on('data', (data) => heard(data.toString('latin1'))),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return new SmtpMailer(`smtp://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`, systemClock, LIMITS);
  }
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });

  it('fails for certain when it never greets', async () => {
    const mailer = await listen(() => undefined);
    expect(await failureOf(mailer.send(aMail()))).toMatchObject({ name: 'MailRefused', permanent: false });
    await mailer.close();
  });

  it('fails for certain, and not for good, when it refuses all sessions', async () => {
    const mailer = await listen((write) => write('554 no service here\r\n'));
    expect(await failureOf(mailer.send(aMail()))).toMatchObject({ name: 'MailRefused', permanent: false });
    await mailer.close();
  });

  it('ends within the limit when the answer to the mail comes in drops', async () => {
    const mailer = await listen((write, onLine) => {
      write('220 slow\r\n');
      let isData = false;
      onLine((line) => {
        if (isData) {
          const drops = setInterval(() => write('250-still busy\r\n'), 100);
          setTimeout(() => clearInterval(drops), 10_000).unref();
          drops.unref();
        } else if (/^DATA/m.test(line)) {
          isData = true;
          write('354 go on\r\n');
        } else write('250 ok\r\n');
      });
    });
    const start = Date.now();
    expect(await failureOf(mailer.send(aMail()))).toBeInstanceOf(MailOutcomeUnknown);
    expect(Date.now() - start).toBeLessThan(2 * LIMITS.send);
    await mailer.close();
  });
});

describe('SMTP_URL', () => {
  it('names host, port, login and TLS', () => {
    expect(parseSmtpUrl('smtp://mail.example')).toEqual({ secure: false, host: 'mail.example', port: 587 });
    expect(parseSmtpUrl('smtps://u%40x:p%2Fw@[::1]?rejectUnauthorized=false&name=vigia')).toEqual({
      secure: true,
      host: '::1',
      port: 465,
      auth: { user: 'u@x', pass: 'p/w' },
      tls: { rejectUnauthorized: false },
      name: 'vigia',
    });
  });

  it.each([
    ['http://mail.example', 'protocol http:'],
    ['mail.example', 'not a URL'],
    ['smtp://u:secret@mail.example?jsonTransport=true', 'unknown setting jsonTransport'],
    ['smtp://u:secret@mail.example?requireTLS=yes', 'requireTLS=yes, expected true or false'],
    ['smtp://u:se%cret@mail.example', 'a % that is not followed'],
  ])('%s is refused without showing the password', (url, problem) => {
    expect(() => parseSmtpUrl(url)).toThrow(BadSmtpUrl);
    expect(() => parseSmtpUrl(url)).toThrow(problem);
    expect(() => parseSmtpUrl(url)).not.toThrow('secret');
  });
});
