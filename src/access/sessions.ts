import type { Clock } from '../clock.js';
import { newToken, tokenHashOf } from './accounts.js';

/** Browsers and machines of one person; who logs in once more ends the oldest. With at most 1,000 accounts this bounds them all. */
const MOST_PER_USER = 20;

interface Session {
  readonly name: string;
  /** The session ends with the password that began it. */
  readonly passwordHash: string;
  readonly endsAtMs: number;
}

/** Who is logged in, in this process's memory: a restart ends all sessions. */
export class Sessions {
  private readonly byTokenHash = new Map<string, Session>();

  constructor(
    private readonly clock: Clock,
    readonly lifetimeMs: number,
  ) {}

  /** The token of a new session. */
  begin({ name, passwordHash }: Pick<Session, 'name' | 'passwordHash'>): string {
    this.forgetEnded();
    const own = [...this.byTokenHash].filter(([, session]) => session.name === name);
    for (const [hash] of own.slice(0, Math.max(0, own.length - MOST_PER_USER + 1))) this.byTokenHash.delete(hash);
    const token = newToken();
    this.byTokenHash.set(tokenHashOf(token), { name, passwordHash, endsAtMs: this.clock.now() + this.lifetimeMs });
    return token;
  }

  find(token: string): Session | null {
    const session = this.byTokenHash.get(tokenHashOf(token));
    return session !== undefined && session.endsAtMs > this.clock.now() ? session : null;
  }

  end(token: string): void {
    this.byTokenHash.delete(tokenHashOf(token));
  }

  private forgetEnded(): void {
    for (const [hash, { endsAtMs }] of this.byTokenHash) if (endsAtMs <= this.clock.now()) this.byTokenHash.delete(hash);
  }
}
