import { join } from 'node:path';
import { goProgram } from './cache.js';
import { ServerProcess } from './server-process.js';
import { temporarySite, type DataFolder, type Site } from './site.js';

/** The most that it lists at once. */
const PAGE = 1000;

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
  private process: ServerProcess | undefined;

  private constructor(
    private readonly folder: DataFolder,
    readonly smtpUrl: string,
    /** Its page, and its API below. */
    readonly url: string,
  ) {}

  static async start(site: Site = temporarySite): Promise<Mailpit> {
    const [smtp, api] = [await site.port('mailpit-smtp'), await site.port('mailpit')];
    const mailpit = new Mailpit(site.folder('mailpit'), `smtp://127.0.0.1:${smtp}`, `http://127.0.0.1:${api}`);
    await mailpit.restart();
    return mailpit;
  }

  /** Every message, the newest first. */
  async list(): Promise<readonly MailpitSummary[]> {
    const all: MailpitSummary[] = [];
    for (;;) {
      const { messages } = (await (await fetch(`${this.url}/api/v1/messages?limit=${PAGE}&start=${all.length}`)).json()) as { messages: MailpitSummary[] };
      all.push(...messages);
      if (messages.length < PAGE) return all;
    }
  }

  /** The message as it was sent. */
  async raw(id: string): Promise<string> {
    return (await fetch(`${this.url}/api/v1/message/${id}/raw`)).text();
  }

  /** Ends it with SIGKILL; what it has taken stays. */
  async kill(): Promise<void> {
    await this.process?.stop('SIGKILL');
  }

  /** Starts it again on its messages and ports. */
  async restart(): Promise<void> {
    await this.kill();
    const addresses = ['--smtp', new URL(this.smtpUrl).host, '--listen', new URL(this.url).host];
    // 0: it deletes none.
    const args = [...addresses, '--database', join(this.folder.path, 'mailpit.db'), '--max', '0', '--disable-version-check'];
    this.process = await ServerProcess.start('mailpit', mailpitProgram(), args, async () => (await fetch(`${this.url}/readyz`)).ok);
  }

  async stop(): Promise<void> {
    await this.process?.stop();
    this.folder.release();
  }
}
