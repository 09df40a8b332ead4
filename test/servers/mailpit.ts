import { goProgram } from './cache.js';
import { freePort, ServerProcess } from './server-process.js';

/** A message as Mailpit's API lists it. */
interface MailpitSummary {
  readonly ID: string;
  readonly MessageID: string;
  readonly Subject: string;
}

/** The path of Mailpit, built into the cache the first time. */
export const mailpitProgram = (): string => goProgram('github.com/axllent/mailpit', 'v1.27.11', 'mailpit');

/** Mailpit: a real SMTP server that keeps what it takes, with an API to look at it. */
export class Mailpit {
  private constructor(
    private readonly process: ServerProcess,
    readonly smtpUrl: string,
    private readonly apiUrl: string,
  ) {}

  static async start(): Promise<Mailpit> {
    const [smtp, api] = [await freePort(), await freePort()];
    const apiUrl = `http://127.0.0.1:${api}`;
    const args = ['--smtp', `127.0.0.1:${smtp}`, '--listen', `127.0.0.1:${api}`, '--disable-version-check'];
    const process = await ServerProcess.start('mailpit', mailpitProgram(), args, async () => (await fetch(`${apiUrl}/readyz`)).ok);
    return new Mailpit(process, `smtp://127.0.0.1:${smtp}`, apiUrl);
  }

  async list(): Promise<readonly MailpitSummary[]> {
    const answer = (await (await fetch(`${this.apiUrl}/api/v1/messages?limit=1000`)).json()) as { messages: MailpitSummary[] };
    return answer.messages;
  }

  /** The message as it was sent. */
  async raw(id: string): Promise<string> {
    return (await fetch(`${this.apiUrl}/api/v1/message/${id}/raw`)).text();
  }

  stop(): Promise<void> {
    return this.process.stop();
  }
}
