import { useState } from 'preact/hooks';
import type { Session } from './api.js';
import { logOut, useUser } from './session.js';
import { SESSION_TEXTS } from './session-texts.js';
import { useTextsOf } from './texts.js';

/** Who is logged in, what they may do, and the way out; nothing where nobody logs in. */
export function UserMenu({ onSession }: { onSession: (session: Session) => void }) {
  const texts = useTextsOf(SESSION_TEXTS);
  const { name, role } = useUser();
  const [hasFailed, setFailed] = useState(false);
  if (name === null) return null;
  return (
    <details class="health user" data-testid="user">
      <summary aria-label={texts.loggedInAs(name)}>{name}</summary>
      <div class="menu">
        <h2>{texts.role}</h2>
        <p>
          <b>{texts.roles[role]}</b>
        </p>
        <p class="muted">{texts.rolesExplained[role]}</p>
        <div role="alert">{hasFailed && <p class="problems">{texts.notLoggedOut}</p>}</div>
        <button type="button" class="button" onClick={() => void logOut().then(onSession, () => setFailed(true))}>
          {texts.logOut}
        </button>
      </div>
    </details>
  );
}
