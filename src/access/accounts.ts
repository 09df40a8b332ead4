import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { syncFolder, writeDurably } from '../storage/durable-files.js';
import { PASSWORD_HASH } from './password-hash.js';
import { USER_ROLES } from './user-role.js';

/** An operator's id, as the events have it: no personal data. */
export const USER_NAME = /^[A-Za-z0-9._-]{1,64}$/;

const MOST_ACCOUNTS = 1000;

const account = z
  .strictObject({
    name: z.string().regex(USER_NAME),
    role: z.enum(USER_ROLES),
    passwordHash: z.string().regex(PASSWORD_HASH).optional(),
    /** A quick one: a token has 256 random bits. */
    tokenHash: z.string().regex(/^[0-9a-f]{64}$/).optional(),
  })
  .refine(({ passwordHash, tokenHash }) => (passwordHash === undefined) !== (tokenHash === undefined), 'expected a passwordHash or a tokenHash');
const accountsFile = z.strictObject({
  users: z
    .array(account)
    .max(MOST_ACCOUNTS)
    .refine((users) => new Set(users.map(({ name }) => name)).size === users.length, 'a name is there twice'),
});

/** Somebody who logs in with a password, or something that comes with a token. */
export type Account = z.output<typeof account>;

/** The file of the accounts can't be used. */
export class BadAccounts extends Error {
  constructor(file: string, why: string) {
    super(`the accounts in ${file} can't be used: ${why}`);
    this.name = 'BadAccounts';
  }
}

/** The accounts in a file, which may change at any time. */
export class Accounts {
  private known: { readonly stamp: string; readonly users: readonly Account[] } = { stamp: '', users: [] };

  constructor(readonly file: string) {}

  /** As the file has them now; none without a file. Thrown: `BadAccounts`. */
  async list(): Promise<readonly Account[]> {
    try {
      const { mtimeMs, size, ino } = await stat(this.file);
      const stamp = [mtimeMs, size, ino].join();
      if (stamp !== this.known.stamp) this.known = { stamp, users: accountsFile.parse(JSON.parse(await readFile(this.file, 'utf8'))).users };
      return this.known.users;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw new BadAccounts(this.file, error instanceof z.ZodError ? z.prettifyError(error) : String(error));
    }
  }

  /** The account that has a token. Thrown: `BadAccounts`. */
  async withToken(token: string): Promise<Account | null> {
    const hash = tokenHashOf(token);
    return (await this.list()).find(({ tokenHash }) => tokenHash === hash) ?? null;
  }

  /** Writes the file anew, readable by its owner alone. Thrown: `BadAccounts`. */
  async save(users: readonly Account[]): Promise<void> {
    const text = `${JSON.stringify(accountsFile.parse({ users }), null, 2)}\n`;
    const partial = `${this.file}.part`;
    try {
      await mkdir(dirname(this.file), { recursive: true });
      await rm(partial, { force: true });
      await writeDurably(partial, text, 0o600);
      await rename(partial, this.file);
      await syncFolder(dirname(this.file));
    } catch (error) {
      await rm(partial, { force: true });
      throw new BadAccounts(this.file, String(error));
    }
  }
}

export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

export function tokenHashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
