import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { isAllowed, type UserRole } from '../../access/user-role.js';
import { getJson, LOGGED_OUT, post, type Session } from './api.js';

const AGAIN_MS = 2000;

export type User = NonNullable<Session['user']>;

/** Who uses the page; everybody may do everything where nobody has to log in. */
export const UserContext = createContext<User>({ name: null, role: 'administrator' });

export function useUser(): User {
  return useContext(UserContext);
}

/** Whether who uses the page may do what is for a role; what they may not is not offered. */
export function useMay(role: UserRole): boolean {
  return isAllowed(useUser(), role);
}

/** Who is logged in, null until it is known. `hasEnded`: somebody was, in this page. */
export function useSession(): { readonly session: Session | null; readonly hasEnded: boolean; readonly put: (session: Session) => void } {
  const [session, setSession] = useState<Session | null>(null);
  const [hasEnded, setEnded] = useState(false);
  useEffect(() => {
    const onLoggedOut = () => {
      setEnded(true);
      setSession({ isRequired: true, user: null });
    };
    window.addEventListener(LOGGED_OUT, onLoggedOut);
    return () => window.removeEventListener(LOGGED_OUT, onLoggedOut);
  }, []);
  useEffect(() => {
    if (session !== null) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isGone = false;
    const ask = () =>
      getJson<Session>('/api/session').then(
        (answer) => !isGone && setSession(answer),
        () => {
          if (!isGone) timer = setTimeout(() => void ask(), AGAIN_MS);
        },
      );
    void ask();
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [session]);
  const put = (next: Session) => {
    setEnded(false);
    setSession(next);
  };
  return { session, hasEnded, put };
}

/** What became of a log-in; `waitSeconds` after too many. */
export type LogInOutcome = Session | 'wrong' | 'failed' | { readonly waitSeconds: number };

export async function logIn(name: string, password: string): Promise<LogInOutcome> {
  try {
    const answer = await post('/api/session', { name, password });
    if (answer.ok) return (await answer.json()) as Session;
    if (answer.status === 429) return { waitSeconds: Number(answer.headers.get('Retry-After') ?? 60) };
    return answer.status === 401 || answer.status === 400 ? 'wrong' : 'failed';
  } catch {
    return 'failed';
  }
}

/** Thrown: an error when the server did not say that it is done. */
export async function logOut(): Promise<Session> {
  const answer = await post('/api/session/end', {});
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()) as Session;
}
