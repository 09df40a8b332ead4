import { useEffect, useRef, useState } from 'preact/hooks';
import type { Session } from './api.js';
import { Wordmark } from './icons.js';
import { Languages } from './languages.js';
import { logIn } from './session.js';
import { SESSION_TEXTS } from './session-texts.js';
import { useTexts, useTextsOf, type Language } from './texts.js';

interface Props {
  /** Somebody was logged in until now, and goes on at the same address. */
  readonly hasEnded: boolean;
  readonly onSession: (session: Session) => void;
  readonly onLanguage: (language: Language) => void;
}

/** What stands in the place of every page until somebody has logged in. */
export function LogIn({ hasEnded, onSession, onLanguage }: Props) {
  const general = useTexts();
  const texts = useTextsOf(SESSION_TEXTS);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const nameField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  useEffect(() => nameField.current?.focus(), []);
  const send = async () => {
    const [name, password] = [nameField.current?.value ?? '', passwordField.current?.value ?? ''];
    setBusy(true);
    setProblem('');
    const outcome = await logIn(name, password);
    setBusy(false);
    if (typeof outcome === 'object' && 'user' in outcome) return onSession(outcome);
    setProblem(typeof outcome === 'object' ? texts.tooMany(outcome.waitSeconds) : texts[outcome]);
    if (passwordField.current !== null) passwordField.current.value = '';
    passwordField.current?.focus();
  };
  return (
    <main class="log-in">
      <form
        class="panel"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) void send();
        }}
        data-testid="log-in"
      >
        <div class="log-in-head">
          <Wordmark />
          <h1>
            Vigía <small>{general.title}</small>
          </h1>
          <Languages onLanguage={onLanguage} />
        </div>
        {hasEnded && <p role="status">{texts.ended}</p>}
        <div role="alert">{problem !== '' && <p class="problems">{problem}</p>}</div>
        <label class="field">
          <span>{texts.name}</span>
          <input ref={nameField} name="username" autocomplete="username" autocapitalize="none" spellcheck={false} maxLength={64} required />
        </label>
        <label class="field">
          <span>{texts.password}</span>
          <input ref={passwordField} name="password" type="password" autocomplete="current-password" maxLength={1024} required />
        </label>
        <button type="submit" class="button is-main" aria-disabled={isBusy}>
          {isBusy ? texts.checking : texts.logIn}
        </button>
      </form>
    </main>
  );
}
