import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Outcome } from '../api.js';
import { SESSION_TEXTS } from '../session-texts.js';
import { useUser } from '../session.js';
import { useTextsOf } from '../texts.js';
import { ALARMS_TEXTS } from './alarms-texts.js';

/** What a command is about: `version` as it was read when the operator saw it, `text` says what and how it is. */
export interface Target {
  readonly key: string;
  readonly version: number;
  readonly text: string;
}

interface Props {
  readonly title: string;
  readonly explained?: string;
  readonly verb: string;
  readonly targets: readonly Target[];
  readonly children?: ComponentChildren;
  readonly send: (target: Target, operator: string) => Promise<Outcome>;
  /** The target as it is now, after it turned out to be stale; null when it is gone. */
  readonly readAgain: (target: Target) => Promise<Target | null>;
  /** `done`: how many. */
  readonly onDone: (done: number) => void;
  readonly onClose: () => void;
}

interface Problem {
  readonly target: Target;
  /** Null when it is stale, and the target is how it is now. */
  readonly why: string | null;
}

/** Commands on their way at a time. */
const AT_ONCE = 6;

const KEPT = 'operator';

/** Asks for what a command needs, carries it out on each target, and stays open with those that it was not possible on. */
export function ActionDialog({ title, explained, verb, targets: first, children, send, readAgain, onDone, onClose }: Props) {
  const texts = useTextsOf(ALARMS_TEXTS);
  const dialog = useRef<HTMLDialogElement>(null);
  const { name: loggedIn } = useUser();
  const words = useTextsOf(SESSION_TEXTS);
  const [operator, setOperator] = useState(loggedIn ?? localStorage.getItem(KEPT) ?? '');
  const [targets, setTargets] = useState(first);
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const [done, setDone] = useState<number | null>(null);
  useEffect(() => dialog.current?.showModal(), []);

  const carryOut = async () => {
    if (loggedIn === null) localStorage.setItem(KEPT, operator);
    setProblems([]);
    setDone(0);
    const left = [...targets];
    const found: Problem[] = [];
    const work = async () => {
      for (let target = left.shift(); target !== undefined; target = left.shift()) {
        const problem = await problemOf(target);
        if (problem !== null) found.push(problem);
        setDone((before) => (before ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const carried = targets.length - found.length;
    if (carried > 0) onDone(carried);
    if (found.length === 0) return onClose();
    setTargets(found.map(({ target }) => target));
    setProblems(found);
    setDone(null);
  };
  const problemOf = async (target: Target): Promise<Problem | null> => {
    const outcome = await send(target, operator);
    switch (outcome.state) {
      case 'done':
        return null;
      case 'stale': {
        const now = await readAgain(target).catch(() => target);
        return now === null ? { target, why: texts.gone } : { target: now, why: null };
      }
      case 'refused':
        return { target, why: outcome.detail };
      case 'unanswered':
        return { target, why: texts.unanswered };
    }
  };
  const isBusy = done !== null;
  const stale = problems.filter(({ why }) => why === null);
  const refused = problems.filter(({ why }) => why !== null);

  return (
    <dialog ref={dialog} class="ask" onClose={onClose} aria-labelledby="ask-title" data-testid="ask">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) void carryOut();
        }}
      >
        <h2 id="ask-title">{title}</h2>
        {explained !== undefined && <p class="muted">{explained}</p>}
        <ul class="targets">
          {targets.slice(0, 5).map(({ key, text }) => (
            <li key={key}>{text}</li>
          ))}
          {targets.length > 5 && <li>+ {targets.length - 5}</li>}
        </ul>
        <div role="alert">
          {stale.length > 0 && <Problems title={texts.staleTitle(stale.length)} items={stale.map(({ target }) => target.text)} />}
          {refused.length > 0 && <Problems title={texts.refusedTitle} items={refused.map(({ target, why }) => `${target.text}: ${why ?? ''}`)} />}
        </div>
        {children}
        {loggedIn === null ? (
          <label class="field">
            <span>{texts.operator}</span>
            <input value={operator} onInput={(event) => setOperator(event.currentTarget.value.trim())} required pattern="[A-Za-z0-9._\-]{1,64}" title={texts.operatorHint} autocomplete="off" spellcheck={false} data-testid="operator" />
            <small>{texts.operatorHint}</small>
          </label>
        ) : (
          <p class="muted">{words.as(loggedIn)}</p>
        )}
        <div class="ask-end">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            {problems.length > 0 ? texts.close : texts.cancel}
          </button>
          <button type="submit" class="button is-main" aria-disabled={isBusy}>
            {isBusy ? texts.progress(done, targets.length) : stale.length > 0 ? texts.again : refused.length > 0 ? texts.retry : verb}
          </button>
        </div>
      </form>
    </dialog>
  );
}

function Problems({ title, items }: { title: string; items: readonly string[] }) {
  return (
    <div class="problems">
      <p>{title}</p>
      <ul>
        {items.slice(0, 10).map((item) => (
          <li key={item}>{item}</li>
        ))}
        {items.length > 10 && <li>+ {items.length - 10}</li>}
      </ul>
    </div>
  );
}
