import { useEffect, useRef, useState } from 'preact/hooks';
import { goTo, MENU_PAGES, type Place } from '../router.js';
import { useMay } from '../session.js';
import { useTextsOf } from '../texts.js';
import './keyboard.css';
import { KEYBOARD_TEXTS, type KeyboardTexts } from './keyboard-texts.js';
import { areKeysOn, followKeys, turnKeys } from './single-keys.js';

type Keys = readonly (readonly [keys: string, does: keyof KeyboardTexts['keys']])[];

const EVERYWHERE: Keys = [
  [`1 … ${MENU_PAGES.length}`, 'pages'],
  ['w', 'wall'],
  ['?', 'sheet'],
  ['Esc', 'close'],
  ['Tab', 'step'],
];

const ON_THE_MAP: Keys = [
  ['← → ↑ ↓', 'cell'],
  ['PgDn PgUp', 'inAlarm'],
  ['Enter', 'sensors'],
];

const ON_ALARMS: Keys = [
  ['j ↓ · k ↑', 'move'],
  ['x', 'select'],
  ['Shift + x', 'range'],
  ['Enter', 'open'],
  ['a', 'acknowledge'],
  ['s', 'shelve'],
  ['Esc', 'none'],
];

/** The keys that every page has: to go from one to another, and to have this sheet. */
export function useKeysOfAllPages(place: Place, onSheet: () => void): void {
  const latest = useRef({ place, onSheet });
  latest.current = { place, onSheet };
  useEffect(
    () =>
      followKeys(({ key }) => {
        const page = MENU_PAGES[Number(key) - 1];
        if (page !== undefined) return (goTo({ page }), true);
        if (key === '?') return (latest.current.onSheet(), true);
        const isWall = latest.current.place.page === 'wall';
        if (key === 'w' || (isWall && key === 'Escape')) return (goTo({ page: isWall ? 'overview' : 'wall' }), true);
        return false;
      }),
    [],
  );
}

/** The list of keys, and the switch that turns them off. */
export function KeyboardSheet({ onClose }: { onClose: () => void }) {
  const texts = useTextsOf(KEYBOARD_TEXTS);
  const dialog = useRef<HTMLDialogElement>(null);
  const [areOn, setOn] = useState(areKeysOn);
  const mayOperate = useMay('operator');
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="ask" onClose={onClose} aria-labelledby="keys-title" data-testid="keyboard">
      <h2 id="keys-title">{texts.title}</h2>
      <p class="muted">{texts.explained}</p>
      <KeyList title={texts.everywhere} keys={EVERYWHERE} />
      <KeyList title={texts.onTheMap} keys={ON_THE_MAP} />
      <KeyList title={texts.onAlarms} keys={ON_ALARMS.filter(([, does]) => mayOperate || (does !== 'acknowledge' && does !== 'shelve'))} />
      <label class="switch">
        <input
          type="checkbox"
          checked={areOn}
          onChange={(event) => {
            turnKeys(event.currentTarget.checked);
            setOn(event.currentTarget.checked);
          }}
        />{' '}
        {texts.areOn}
      </label>
      <div class="ask-end">
        <button type="button" class="button is-main" onClick={() => dialog.current?.close()}>
          {texts.close}
        </button>
      </div>
    </dialog>
  );
}

function KeyList({ title, keys }: { title: string; keys: Keys }) {
  const texts = useTextsOf(KEYBOARD_TEXTS);
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <dl class="keys">
        {keys.map(([pressed, does]) => (
          <div key={does}>
            <dt>
              <kbd>{pressed}</kbd>
            </dt>
            <dd>{texts.keys[does]}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
