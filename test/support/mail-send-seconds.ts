/**
 * `VIGIA_MAIL_SEND_SECONDS` where processes, or a mail server, are killed within an e-mail: the next copy goes after twice as long, and a
 * test need not wait a minute for it.
 */
export const MAIL_SEND_SECONDS = '5';
