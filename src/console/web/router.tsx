import type { ComponentChildren } from 'preact';

/** Where in the page somebody is; `alarm` lies over the page that it was opened from. */
export type Place = { readonly page: 'overview' | SinglePage } | { readonly page: 'sensor'; readonly sensorId: string };

/** Those whose address is their name. */
const SINGLE_PAGES = ['alarms', 'history', 'load', 'audit', 'system', 'wall'] as const;
type SinglePage = (typeof SINGLE_PAGES)[number];

/** Those of the menu, in its order. */
export const MENU_PAGES = ['overview', 'alarms', 'history', 'load', 'audit', 'system'] as const;

export interface Address {
  readonly place: Place;
  /** The alarm whose details are shown. */
  readonly alarmId: string | null;
}

/** An alarm's own address, as from an e-mail, shows it over the overview. */
export function addressOf(path: string): Address {
  const alarmId = /^\/alarms\/([0-9a-f-]{36})$/.exec(path)?.[1] ?? null;
  const single = SINGLE_PAGES.find((page) => path === `/${page}`);
  if (single !== undefined) return { place: { page: single }, alarmId };
  const sensorId = /^\/sensors\/(\d{1,10})$/.exec(path)?.[1];
  if (sensorId !== undefined) return { place: { page: 'sensor', sensorId: String(Number(sensorId)) }, alarmId };
  return { place: { page: 'overview' }, alarmId };
}

export function pathOf(place: Place): string {
  switch (place.page) {
    case 'overview':
      return '/';
    case 'sensor':
      return `/sensors/${place.sensorId}`;
    default:
      return `/${place.page}`;
  }
}

const NAVIGATED = 'vigia:navigated';

export function goTo(place: Place, search = ''): void {
  history.pushState(null, '', `${pathOf(place)}${search}`);
  window.dispatchEvent(new Event(NAVIGATED));
  window.scrollTo(0, 0);
}

/** Gives the address of an alarm to the page that it is shown over, and remembers that one's own. */
export function showOver(under: string, alarmId: string): void {
  history.replaceState({ under }, '', `/alarms/${alarmId}`);
}

/** Calls back with each new address, by a link of ours or by the browser's buttons: these lead to the page that an alarm was shown over. */
export function followAddress(onAddress: (address: Address) => void): () => void {
  const tell = () => {
    const { under } = (history.state ?? {}) as { under?: string };
    if (under !== undefined) history.replaceState(null, '', under);
    onAddress(addressOf(location.pathname));
  };
  const kinds = [NAVIGATED, 'popstate'];
  for (const kind of kinds) window.addEventListener(kind, tell);
  return () => kinds.forEach((kind) => window.removeEventListener(kind, tell));
}

interface LinkProps {
  readonly to: Place;
  /** `?sensor=7` */
  readonly search?: string;
  readonly class?: string;
  /** For a link that is an icon. */
  readonly label?: string;
  readonly isCurrent?: boolean;
  readonly children: ComponentChildren;
}

/** A link that loads nothing anew, unless it is opened in a window of its own. */
export function Link({ to, search = '', children, label, isCurrent = false, ...rest }: LinkProps) {
  return (
    <a
      href={`${pathOf(to)}${search}`}
      {...rest}
      {...(label === undefined ? {} : { 'aria-label': label, title: label })}
      {...(isCurrent ? { 'aria-current': 'page' as const } : {})}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        goTo(to, search);
      }}
    >
      {children}
    </a>
  );
}
