import type { Random } from '../../../src/cli/simulator/random.js';
import { MailOutcomeUnknown, MailRefused, messageId, type DeliveredMail, type Mail, type Mailer } from '../../../src/notifications/mailer.js';
import type { AcceptedMail } from '../verifier/outputs.js';
import type { SimNetwork } from './sim-network.js';
import type { SimProcess } from './sim-process.js';

/** The mail server, and the list that it keeps of what it took. */
export class SimMailServer {
  readonly accepted: AcceptedMail[] = [];

  constructor(private readonly random: Random) {}

  /** Some of what it refuses it refuses for good, so that an operator must ask again. */
  refusal(): MailRefused {
    return this.random.fraction() < 0.2 ? new MailRefused('550 no such mailbox', true) : new MailRefused('451 try again later', false);
  }
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
      { refused: () => this.server.refusal(), unknown: () => new MailOutcomeUnknown('no answer') },
      () => this.server.accepted.push({ messageId: messageId(mail.name), alarmId: mail.alarmId, isFollowUp, possibleDuplicate: mail.possibleDuplicate, sender }),
    );
    return { delivered: 'now' };
  }

  async find(): Promise<DeliveredMail | null | 'unknown'> {
    return 'unknown';
  }

  async close(): Promise<void> {}
}
