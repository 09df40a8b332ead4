import { useEffect, useRef } from 'preact/hooks';
import { followKeys } from '../keyboard/single-keys.js';

/** What the keys do; each gets the alarm whose row has the focus, null when none has. */
export interface KeyActions {
  readonly toggle: (alarmId: string, isRange: boolean) => void;
  readonly open: (alarmId: string) => void;
  readonly acknowledge: (alarmId: string | null) => void;
  readonly shelve: (alarmId: string | null) => void;
  readonly none: () => void;
}

/** Single keys for the list of alarms. */
export function useKeyboard(actions: KeyActions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(
    () =>
      followKeys(({ key, shiftKey }, target) => {
        const alarmId = target.closest('tr')?.querySelector<HTMLElement>('[data-alarm]')?.dataset['alarm'] ?? null;
        return carryOut(key, shiftKey, alarmId, target, latest.current);
      }),
    [],
  );
}

/** True when the key means something here. */
function carryOut(key: string, isShift: boolean, alarmId: string | null, target: Element, actions: KeyActions): boolean {
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
