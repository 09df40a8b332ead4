import { Option, type Command } from 'commander';
import { Accounts, newToken, tokenHashOf, USER_NAME, type Account } from '../access/accounts.js';
import { hashPassword } from '../access/password-hash.js';
import { USER_ROLES, type UserRole } from '../access/user-role.js';
import { readPassword, type PasswordSource } from './read-password.js';

export interface UsersCommandDeps {
  /** The file of the accounts, when a command needs it. */
  readonly accounts: () => Accounts;
  readonly stdin: PasswordSource;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** What is asked for can't be done with the accounts that there are. */
export class UserRefused extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'UserRefused';
  }
}

const SHORTEST_PASSWORD = 12;

const HELP = `
The roles: auditor sees everything and changes nothing; operator also handles alarms, sensors and e-mails; administrator also customers,
dead letters and read models. Accounts are in VIGIA_USERS_FILE (users.json in the data folder), passwords as scrypt hashes. A running
process sees a change at once; one that began without accounts asks people to log in from the first account on.

A password is asked for, or read from standard input; it is never an argument. For scripts and Prometheus there are tokens.

Examples:
  vigia users add ana --role operator
  vigia users add reports --role auditor --token
  vigia users password ana < new-password.txt`;

/** Adds `vigia users add | list | remove | password`. */
export function addUsersCommand(program: Command, deps: UsersCommandDeps): void {
  const users = program.command('users').description('who may log in, and what they may do').addHelpText('after', HELP);
  users
    .command('add')
    .description('add somebody who logs in with a password, or with --token something that comes with a token')
    .argument('<name>', 'an id of 1 to 64 letters, digits, dots, hyphens or underscores; events keep it for ever')
    .addOption(new Option('--role <role>', 'what they may do').choices(USER_ROLES).makeOptionMandatory())
    .option('--token', 'make a token, which is shown this once')
    .action((name: string, flags: { readonly role: UserRole; readonly token?: true }) => add(name, flags, deps));
  users
    .command('list')
    .description('list the accounts')
    .action(async () => {
      const all = await deps.accounts().list();
      for (const { name, role, tokenHash } of all) deps.stdout.write(`${name}\t${role}\t${tokenHash === undefined ? 'password' : 'token'}\n`);
      if (all.length === 0) deps.stdout.write('no accounts\n');
    });
  users
    .command('remove')
    .description('remove an account, which ends its sessions')
    .argument('<name>')
    .action(async (name: string) => {
      await change(name, deps, (others) => others);
      deps.stdout.write(`${name} is removed\n`);
    });
  users
    .command('password')
    .description('give somebody a new password, which ends their sessions')
    .argument('<name>')
    .action(async (name: string) => {
      const found = await find(name, deps);
      if (found.tokenHash !== undefined) throw new UserRefused(`${name} has a token and no password; remove it and add it again`);
      const passwordHash = await newPasswordHash(deps);
      await change(name, deps, (others) => [...others, { ...found, passwordHash }]);
      deps.stdout.write(`${name} has a new password\n`);
    });
}

async function add(name: string, { role, token }: { readonly role: UserRole; readonly token?: true }, deps: UsersCommandDeps): Promise<void> {
  if (!USER_NAME.test(name)) throw new UserRefused(`${JSON.stringify(name)} is no name: expected 1 to 64 letters, digits, dots, hyphens or underscores`);
  const accounts = deps.accounts();
  if ((await accounts.list()).some((account) => account.name === name)) throw new UserRefused(`${name} is there already; vigia users remove or password change that`);
  const secret = token ? newToken() : null;
  const account: Account = secret === null ? { name, role, passwordHash: await newPasswordHash(deps) } : { name, role, tokenHash: tokenHashOf(secret) };
  await accounts.save([...(await accounts.list()), account]);
  if (secret === null) deps.stdout.write(`${name} may log in as ${role}\n`);
  else deps.stdout.write(`${secret}\n`);
}

async function find(name: string, { accounts }: UsersCommandDeps): Promise<Account> {
  const found = (await accounts().list()).find((account) => account.name === name);
  if (found === undefined) throw new UserRefused(`there is no account ${JSON.stringify(name)} in ${accounts().file}`);
  return found;
}

async function change(name: string, deps: UsersCommandDeps, to: (others: readonly Account[]) => readonly Account[]): Promise<void> {
  await find(name, deps);
  const accounts = deps.accounts();
  await accounts.save(to((await accounts.list()).filter((account) => account.name !== name)));
}

async function newPasswordHash({ stdin, stderr }: UsersCommandDeps): Promise<string> {
  const password = await readPassword('Password: ', stdin, stderr);
  if ([...password].length < SHORTEST_PASSWORD) throw new UserRefused(`the password is too short: expected ${SHORTEST_PASSWORD} characters or more`);
  if (password.length > 1024) throw new UserRefused('the password is too long: expected 1024 characters at most');
  if (stdin.isTTY && (await readPassword('Once more: ', stdin, stderr)) !== password) throw new UserRefused('the two were not the same');
  return hashPassword(password);
}
