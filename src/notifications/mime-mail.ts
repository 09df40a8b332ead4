import type { SendMailOptions } from 'nodemailer';
import { messageId, type Mail } from './mailer.js';

export const ALARM_ID_HEADER = 'X-Vigia-Alarm-Id';
export const POSSIBLE_DUPLICATE_HEADER = 'X-Vigia-Possible-Duplicate';
export const CUSTOMER_HEADER = 'X-Vigia-Customer';

/** A mail as nodemailer takes it; addresses are objects, so that no text is parsed as an address. */
export function toMimeMail(mail: Mail): SendMailOptions {
  return {
    from: { ...mail.from },
    to: { ...mail.to },
    messageId: messageId(mail.name),
    ...(mail.inReplyTo === null ? {} : { inReplyTo: mail.inReplyTo, references: mail.inReplyTo }),
    date: new Date(mail.date),
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    headers: {
      'Auto-Submitted': 'auto-generated',
      [ALARM_ID_HEADER]: mail.alarmId,
      [CUSTOMER_HEADER]: mail.customer,
      ...(mail.possibleDuplicate ? { [POSSIBLE_DUPLICATE_HEADER]: 'true' } : {}),
    },
    // A customer's text must never become a file or a URL to be read.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
