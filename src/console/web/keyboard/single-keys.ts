const KEPT = 'keyboard';

/** Single keys can be turned off (WCAG 2.1.4). */
export function areKeysOn(): boolean {
  return localStorage.getItem(KEPT) !== 'off';
}

export function turnKeys(areOn: boolean): void {
  localStorage.setItem(KEPT, areOn ? 'on' : 'off');
}

/** Calls back with each key that is pressed outside of text fields and dialogs, until the returned function is called; `onKey` says whether it meant something. */
export function followKeys(onKey: (event: KeyboardEvent, target: Element) => boolean): () => void {
  const listener = (event: KeyboardEvent) => {
    const { target } = event;
    if (!areKeysOn() || event.ctrlKey || event.metaKey || event.altKey || !(target instanceof Element)) return;
    if (document.querySelector('dialog[open]') !== null || target.matches('input:not([type=checkbox], [type=range]), textarea, select')) return;
    if (onKey(event, target)) event.preventDefault();
  };
  document.addEventListener('keydown', listener);
  return () => document.removeEventListener('keydown', listener);
}
