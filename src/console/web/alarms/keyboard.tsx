import { useEffect, useRef, useState } from 'preact/hooks';
import { useMay } from '../session.js';
import { useTextsOf } from '../texts.js';
import { ALARMS_TEXTS, type AlarmsTexts } from './alarms-texts.js';

const KEPT = 'keyboard';

/** What the keys do; each gets the alarm whose row has the focus, null when none has. */
export interface KeyActions {
  readonly toggle: (alarmId: string, isRange: boolean) => void;
  readonly open: (alarmId: string) => void;
  readonly acknowledge: (alarmId: string | null) => void;
  readonly shelve: (alarmId: string | null) => void;
  readonly none: () => void;
  readonly sheet: () => void;
}

const KEYS: readonly (readonly [keys: string, does: keyof AlarmsTexts['keys']])[] = [
  ['j ↓ · k ↑', 'move'],
  ['x', 'select'],
  ['Shift + x', 'range'],
  ['Enter', 'open'],
  ['a', 'acknowledge'],
  ['s', 'shelve'],
  ['Esc', 'none'],
  ['?', 'sheet'],
];

export function isKeyboardOn(): boolean {
  return localStorage.getItem(KEPT) !== 'off';
}

/** Single keys for the list of alarms, outside of text fields and dialogs. They can be turned off (WCAG 2.1.4). */
export function useKeyboard(actions: KeyActions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { target, key } = event;
      if (!isKeyboardOn() || event.ctrlKey || event.metaKey || event.altKey || !(target instanceof HTMLElement)) return;
      if (document.querySelector('dialog[open]') !== null || target.matches('input:not([type=checkbox]), textarea, select')) return;
      const alarmId = target.closest('tr')?.querySelector<HTMLElement>('[data-alarm]')?.dataset['alarm'] ?? null;
      if (carryOut(key, event.shiftKey, alarmId, target, latest.current)) event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

/** True when the key means something here. */
function carryOut(key: string, isShift: boolean, alarmId: string | null, target: HTMLElement, actions: KeyActions): boolean {
  switch (key) {
    case 'j':
    case 'k':
      return move(key === 'j' ? 1 : -1);
    case 'ArrowDown':
    case 'ArrowUp':
      return alarmId !== null && move(key === 'ArrowDown' ? 1 : -1);
    case 'x':
    case 'X':
      return alarmId !== null && (actions.toggle(alarmId, isShift), true);
    case 'Enter':
      return alarmId !== null && target.matches('[data-alarm]') && (actions.open(alarmId), true);
    case 'a':
      return (actions.acknowledge(alarmId), true);
    case 's':
      return (actions.shelve(alarmId), true);
    case 'Escape':
      return (actions.none(), true);
    case '?':
      return (actions.sheet(), true);
    default:
      return false;
  }
}

function move(by: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-alarm]')];
  const at = rows.findIndex((row) => row.closest('tr')?.contains(document.activeElement));
  const next = at === -1 ? (by === 1 ? rows[0] : rows.at(-1)) : rows[at + by];
  next?.focus();
  next?.closest('tr')?.scrollIntoView({ block: 'nearest' });
  return true;
}

/** The list of keys, and the switch that turns them off. */
export function KeyboardSheet({ onClose }: { onClose: () => void }) {
  const texts = useTextsOf(ALARMS_TEXTS);
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOn, setOn] = useState(isKeyboardOn);
  const mayOperate = useMay('operator');
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="ask" onClose={onClose} aria-labelledby="keys-title" data-testid="keyboard">
      <h2 id="keys-title">{texts.keyboardTitle}</h2>
      <p class="muted">{texts.keyboardExplained}</p>
      <dl class="keys">
        {KEYS.filter(([, does]) => mayOperate || (does !== 'acknowledge' && does !== 'shelve')).map(([keys, does]) => (
          <div key={does}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{texts.keys[does]}</dd>
          </div>
        ))}
      </dl>
      <label class="switch">
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) => {
            localStorage.setItem(KEPT, event.currentTarget.checked ? 'on' : 'off');
            setOn(event.currentTarget.checked);
          }}
        />{' '}
        {texts.keyboardOn}
      </label>
      <div class="ask-end">
        <button type="button" class="button is-main" onClick={() => dialog.current?.close()}>
          {texts.close}
        </button>
      </div>
    </dialog>
  );
}
