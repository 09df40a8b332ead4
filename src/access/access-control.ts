import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { readsEvents } from '../roles.js';
import { Accounts, newToken, type Account } from './accounts.js';
import { LogInThrottle } from './log-in-throttle.js';
import { hostnameOf, isLoopback } from './loopback.js';
import { isPassword } from './password-hash.js';
import { Sessions } from './sessions.js';
import type { Identity } from './user-role.js';

export const SESSION_COOKIE = 'vigia_session';

/** Log-ins that wait for the one that is being checked: each takes a third of a second of a processor and 32 MiB. */
const MOST_WAITING = 20;
const SWEEP_MS = 5000;

/** Others than this machine can reach the console, and nobody could log in. */
export class NoAccounts extends Error {
  constructor(why: string, file: string) {
    super(
      `${why}, so people must log in, but there are no accounts in ${file}; make one with\n` +
        '  vigia users add NAME --role administrator\n' +
        'or have it reached from this machine alone: VIGIA_BIND=127.0.0.1 and no VIGIA_CONSOLE_URL of another name',
    );
    this.name = 'NoAccounts';
  }
}

/** A log-in that was not admitted: a wrong name or password, too many attempts, or too many people at once. `waitMs`: when to come again. */
export class LogInRefused extends Error {
  constructor(
    readonly reason: 'wrong' | 'too-many' | 'busy',
    readonly waitMs = 0,
  ) {
    super(`the log-in was refused: ${reason}`);
    this.name = 'LogInRefused';
  }
}

/** A request's credential: that of a session, which browsers send by themselves, or one of a machine. */
interface Credential {
  readonly kind: 'session' | 'bearer';
  readonly token: string;
}

export type AccessSettings = Pick<Config, 'bindAddress' | 'consoleUrl' | 'usersFile' | 'sessionMs' | 'roles' | 'consolePort'>;

/** Who may come in. Where there are no accounts and only this machine reaches the console, anyone may do everything. */
export class AccessControl {
  /** What the command line of this machine comes with; who can read the data folder has it. */
  readonly localToken = newToken();
  private readonly sessions: Sessions;
  private readonly throttle: LogInThrottle;
  private readonly streams = new Map<() => void, Credential | null>();
  private checking: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  private constructor(
    private readonly accounts: Accounts,
    private readonly clock: Clock,
    sessionMs: number,
    readonly isCookieSecure: boolean,
    private mustLogIn: boolean,
  ) {
    this.sessions = new Sessions(clock, sessionMs);
    this.throttle = new LogInThrottle(clock);
  }

  /** Thrown: `NoAccounts`, `BadAccounts`. */
  static async open(config: AccessSettings, clock: Clock): Promise<AccessControl> {
    const accounts = new Accounts(config.usersFile);
    const why = reachedBy(config);
    const hasAccounts = (await accounts.list()).length > 0;
    if (why !== null && !hasAccounts) throw new NoAccounts(why, config.usersFile);
    return new AccessControl(accounts, clock, config.sessionMs, config.consoleUrl?.startsWith('https:') ?? false, why !== null || hasAccounts);
  }

  /** Whether one must log in. Once there are accounts it stays so until the end of the process, whatever becomes of them. */
  async isLogInRequired(): Promise<boolean> {
    this.mustLogIn ||= (await this.accounts.list()).length > 0;
    return this.mustLogIn;
  }

  get sessionSeconds(): number {
    return Math.floor(this.sessions.lifetimeMs / 1000);
  }

  /** Who sends these headers; null for nobody that is known. Thrown: `BadAccounts`. */
  async identify(headers: IncomingHttpHeaders): Promise<Identity | null> {
    if (!(await this.isLogInRequired())) return { name: null, role: 'administrator' };
    const credential = credentialOf(headers);
    return credential === null ? null : this.holderOf(credential);
  }

  private async holderOf({ kind, token }: Credential): Promise<Identity | null> {
    if (kind === 'bearer') return isSame(token, this.localToken) ? { name: null, role: 'administrator' } : identityOf(await this.accounts.withToken(token));
    const session = this.sessions.find(token);
    if (session === null) return null;
    const { name, passwordHash } = session;
    return identityOf((await this.accounts.list()).find((account) => account.name === name && account.passwordHash === passwordHash) ?? null);
  }

  /** Begins a session; `from` is where the request comes from. Thrown: `LogInRefused`, `BadAccounts`. */
  async logIn(name: string, password: string, from: string): Promise<{ readonly token: string; readonly identity: Identity }> {
    if (this.waiting >= MOST_WAITING) throw new LogInRefused('busy', 1000);
    this.waiting += 1;
    try {
      return await this.checked(name, password, `${name} ${from}`);
    } finally {
      this.waiting -= 1;
    }
  }

  private async checked(name: string, password: string, who: string): Promise<{ readonly token: string; readonly identity: Identity }> {
    const waitMs = this.throttle.admit(who);
    if (waitMs > 0) throw new LogInRefused('too-many', waitMs);
    const account = (await this.accounts.list()).find((candidate) => candidate.name === name);
    const passwordHash = account?.passwordHash ?? null;
    // One at a time, so that log-ins leave the processor to the alarms.
    const check = this.checking.then(() => isPassword(password, passwordHash));
    this.checking = check.catch(() => undefined);
    if (!(await check) || account === undefined || passwordHash === null) throw new LogInRefused('wrong');
    this.throttle.succeeded(who);
    return { token: this.sessions.begin({ name, passwordHash }), identity: { name, role: account.role } };
  }

  /** Ends the session that the headers have, and what it follows. */
  async logOut(headers: IncomingHttpHeaders): Promise<void> {
    const credential = credentialOf(headers);
    if (credential?.kind === 'session') this.sessions.end(credential.token);
    await this.sweep();
  }

  /** Calls `onEnd` when the sender of the headers may no longer read, also because from now on one must log in, until the returned function is called. */
  follow(headers: IncomingHttpHeaders, onEnd: () => void): () => void {
    this.streams.set(onEnd, credentialOf(headers));
    return () => this.streams.delete(onEnd);
  }

  /** Ends what is followed by those whose session or account has ended, every five seconds, until `signal`. */
  async keepSweeping(signal: AbortSignal, onError: (error: unknown) => void): Promise<void> {
    while (!signal.aborted) {
      await this.sweep().catch(onError);
      await this.clock.sleep(SWEEP_MS, signal);
    }
  }

  private async sweep(): Promise<void> {
    if (!(await this.isLogInRequired())) return;
    for (const [onEnd, credential] of [...this.streams]) {
      if (credential !== null && (await this.holderOf(credential)) !== null) continue;
      this.streams.delete(onEnd);
      onEnd();
    }
  }
}

/** Why others than this machine reach what only people with a role may see; null when they do not. A process that only takes or handles readings shows none of it. */
function reachedBy(config: AccessSettings): string | null {
  if (!readsEvents(config)) return null;
  if (!isLoopback(config.bindAddress)) return `VIGIA_BIND=${config.bindAddress} lets other machines reach the console on port ${config.consolePort}`;
  if (config.consoleUrl !== null && !isLoopback(hostnameOf(new URL(config.consoleUrl).host))) return `VIGIA_CONSOLE_URL=${config.consoleUrl} says that others reach the console`;
  return null;
}

function identityOf(account: Account | null): Identity | null {
  return account === null ? null : { name: account.name, role: account.role };
}

const BEARER = /^Bearer ([\w.~+/-]{1,4096}=*)$/i;
const COOKIE = new RegExp(`(?:^|;\\s*)${SESSION_COOKIE}=([\\w-]{43})(?:;|$)`);

function credentialOf({ authorization, cookie }: IncomingHttpHeaders): Credential | null {
  if (authorization !== undefined) {
    const token = BEARER.exec(authorization)?.[1];
    return token === undefined ? null : { kind: 'bearer', token };
  }
  const token = COOKIE.exec(cookie ?? '')?.[1];
  return token === undefined ? null : { kind: 'session', token };
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
