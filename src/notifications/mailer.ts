import type { MailCustomer } from '../alarm-domain/notification.js';

/** The mail's port: two adapters, SMTP and a folder of .eml files. */
export interface Mailer {
  /** Names the way that a mail goes, `smtp` or `mailbox-folder:<id>`; part of a claim, since only the same way can tell what became of it. */
  readonly way: string;

  /** The longest time that `send` takes, in milliseconds; a claim must last longer. */
  readonly sendLimitMs: number;

  /**
   * Resolves when the mail has been taken in charge; `already` when the same mail had been before.
   * Thrown: `MailRefused`, after which it has not gone for certain; `MailOutcomeUnknown`.
   */
  send(mail: Mail): Promise<{ readonly delivered: 'now' | 'already' }>;

  /** What became of the mail of this name, which an earlier process may have sent; null when it has not gone. */
  find(name: string): Promise<DeliveredMail | null | 'unknown'>;

  /** Ends open connections; sendings under way fail. */
  close(): Promise<void>;
}

/** One mail to one recipient. Nothing in `subject` and the addresses comes from a customer's data. */
export interface Mail extends DeliveredMail {
  /** `<alarmId>`, or `<alarmId>-completed` for the follow-up: the same for every copy. */
  readonly name: string;
  readonly alarmId: string;
  readonly from: MailAddress;
  readonly to: MailAddress;
  /** The Message-ID of the mail that this one completes, null for an alarm's first. */
  readonly inReplyTo: string | null;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** ISO 8601 UTC. */
  readonly date: string;
  readonly possibleDuplicate: boolean;
}

/** What can be told of a mail after it has gone. */
export interface DeliveredMail {
  /** What the mail could say of the customer. */
  readonly customer: MailCustomer;
}

export interface MailAddress {
  readonly name: string;
  readonly address: string;
}

/** The name of an alarm's mail, or of its follow-up. Thrown: an error when the id could leave the mailbox folder. */
export function mailName(alarmId: string, kind: 'alarm' | 'completed'): string {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(alarmId)) throw new Error(`alarm id ${JSON.stringify(alarmId)}: expected letters, digits and hyphens`);
  return kind === 'alarm' ? alarmId : `${alarmId}-completed`;
}

/** The Message-ID header of a mail, with its angle brackets: `<alarm-5bd1…@vigia.local>`. */
export function messageId(name: string): string {
  return `<alarm-${name}@vigia.local>`;
}

/** The mail has not gone, for certain. A retry helps unless it is `permanent`. */
export class MailRefused extends Error {
  constructor(
    readonly reason: string,
    readonly permanent: boolean,
    options?: ErrorOptions,
  ) {
    super(`mail not sent: ${reason}; ${permanent ? 'a retry does not help' : 'try again later'}`, options);
    this.name = 'MailRefused';
  }
}

/** The mail may or may not have gone; another copy may be a second one. */
export class MailOutcomeUnknown extends Error {
  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`mail may have been sent: ${reason}`, options);
    this.name = 'MailOutcomeUnknown';
  }
}
