import { MailOutcomeUnknown, MailRefused, type DeliveredMail, type Mail, type Mailer } from '../../../src/notifications/mailer.js';
import { messageId } from '../../../src/notifications/mailer.js';
import type { AcceptedMail } from '../verifier/outputs.js';
import type { SimNetwork } from './sim-network.js';
import type { SimProcess } from './sim-process.js';

/** The mail server, and the list that it keeps of what it took. */
export class SimMailServer {
  readonly accepted: AcceptedMail[] = [];
}

/** SMTP as one process speaks it. */
export class SimMailer implements Mailer {
  readonly way = 'smtp';
  readonly sendLimitMs = 30_000;

  constructor(
    private readonly server: SimMailServer,
    private readonly network: SimNetwork,
    private readonly process: SimProcess,
  ) {}

  async send(mail: Mail): Promise<{ readonly delivered: 'now' }> {
    const { name: process, scheduler } = this.process;
    const sender = { process, begunAtMs: scheduler.nowMs };
    const isFollowUp = mail.inReplyTo !== null;
    await this.network.call(
      this.process,
      { refused: () => new MailRefused('451 try again later', false), unknown: () => new MailOutcomeUnknown('no answer') },
      () => this.server.accepted.push({ messageId: messageId(mail.name), alarmId: isFollowUp ? null : mail.alarmId, possibleDuplicate: mail.possibleDuplicate, sender }),
    );
    return { delivered: 'now' };
  }

  async find(): Promise<DeliveredMail | null | 'unknown'> {
    return 'unknown';
  }

  async close(): Promise<void> {}
}
