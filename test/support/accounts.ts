import { newToken, tokenHashOf, type Account } from '../../src/access/accounts.js';
import { hashPassword } from '../../src/access/password-hash.js';
import { USER_ROLES, type UserRole } from '../../src/access/user-role.js';

/** The password of everybody who has one in the tests. */
export const PASSWORD = 'correct horse battery';

/** Quick to check; the product's own takes a third of a second. */
export const CHEAP = { N: 2 ** 10, r: 8, p: 1 };

/** Somebody of each role, `ana` and so on, with a cheap hash of `PASSWORD`. */
export async function people(): Promise<readonly Account[]> {
  const names: Readonly<Record<UserRole, string>> = { auditor: 'ana', operator: 'oto', administrator: 'ada' };
  return Promise.all(USER_ROLES.map(async (role) => ({ name: names[role], role, passwordHash: await hashPassword(PASSWORD, CHEAP) })));
}

/** Something of each role that comes with a token. */
export function machines(): { readonly accounts: readonly Account[]; readonly tokens: Readonly<Record<UserRole, string>> } {
  const tokens = Object.fromEntries(USER_ROLES.map((role) => [role, newToken()])) as Record<UserRole, string>;
  return { tokens, accounts: USER_ROLES.map((role) => ({ name: `${role}-machine`, role, tokenHash: tokenHashOf(tokens[role]) })) };
}
