import type { SMTPPoolOptions } from 'nodemailer';

/** `SMTP_URL` is not one that can be used. */
export class BadSmtpUrl extends Error {
  constructor(problem: string) {
    super(`SMTP_URL: ${problem}; expected smtp://[user:password@]host[:port][?${Object.keys(SETTINGS).join('|')}=…]`);
    this.name = 'BadSmtpUrl';
  }
}

const SETTINGS: Readonly<Record<string, (value: string) => SMTPPoolOptions>> = {
  requireTLS: (value) => ({ requireTLS: flag('requireTLS', value) }),
  ignoreTLS: (value) => ({ ignoreTLS: flag('ignoreTLS', value) }),
  rejectUnauthorized: (value) => ({ tls: { rejectUnauthorized: flag('rejectUnauthorized', value) } }),
  name: (value) => ({ name: value }),
};

/**
 * The connection that an URL names: `smtp://user:password@mail.example:587?requireTLS=true`, or `smtps:` for
 * TLS from the start. Port 587, or 465 with `smtps:`.
 *
 * Nodemailer's own reading of an URL would let it set any option, also one that sends nothing at all.
 * Thrown: `BadSmtpUrl`; the password is in none of its messages.
 */
export function parseSmtpUrl(url: string): SMTPPoolOptions {
  if (!URL.canParse(url)) throw new BadSmtpUrl('not a URL');
  const { protocol, hostname, port, username, password, searchParams } = new URL(url);
  if (protocol !== 'smtp:' && protocol !== 'smtps:') throw new BadSmtpUrl(`protocol ${protocol}`);
  if (hostname === '') throw new BadSmtpUrl('no host');
  const secure = protocol === 'smtps:';
  const options: SMTPPoolOptions = {
    secure,
    host: decoded(hostname).replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    ...(username === '' ? {} : { auth: { user: decoded(username), pass: decoded(password) } }),
  };
  for (const [name, value] of searchParams) {
    const setting = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined;
    if (!setting) throw new BadSmtpUrl(`unknown setting ${name}`);
    Object.assign(options, setting(value));
  }
  return options;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new BadSmtpUrl('a % that is not followed by two hexadecimal digits');
  }
}

function flag(name: string, value: string): boolean {
  if (value !== 'true' && value !== 'false') throw new BadSmtpUrl(`${name}=${value}, expected true or false`);
  return value === 'true';
}
