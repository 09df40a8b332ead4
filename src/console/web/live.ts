import { checkSession, type LiveAlarm } from './api.js';

export type LiveState = 'connecting' | 'live' | 'stale';

/** What a part of the page does about what happens. */
export interface LiveListener {
  /** Everything is to be read anew. */
  readonly onReset: () => void;
  readonly onAlarm: (alarm: LiveAlarm) => void;
  readonly onMap: () => void;
  readonly onCounts: () => void;
  readonly onShelved: () => void;
  readonly onState: (state: LiveState, lastSignalAt: Date | null) => void;
}

/** The server's heart beats every 15 s; two missed beats and some seconds are silence. */
const SILENCE_MS = 35_000;
/** A connection that comes back within this time is no event for the operator. */
const LOST_MS = 4000;
const REOPEN_MS = 5000;

/** Follows the server's live events until the returned function is called. */
export function followLive(handlers: LiveListener): () => void {
  let source: EventSource | null = null;
  let lastSignalAt: Date | null = null;
  let lostSince = Date.now();
  let reopening: ReturnType<typeof setTimeout> | undefined;

  const signal = () => {
    lastSignalAt = new Date();
    lostSince = 0;
    handlers.onState('live', lastSignalAt);
  };
  const open = () => {
    source?.close();
    source = new EventSource('/api/live');
    source.addEventListener('hello', () => {
      signal();
      handlers.onReset();
    });
    source.addEventListener('reset', () => {
      signal();
      handlers.onReset();
    });
    source.addEventListener('heartbeat', signal);
    source.addEventListener('alarm', (event) => {
      signal();
      handlers.onAlarm(JSON.parse((event as MessageEvent<string>).data) as LiveAlarm);
    });
    source.addEventListener('map', () => {
      signal();
      handlers.onMap();
    });
    source.addEventListener('counts', () => {
      signal();
      handlers.onCounts();
    });
    source.addEventListener('shelved', () => {
      signal();
      handlers.onShelved();
    });
    source.addEventListener('error', () => {
      if (lostSince === 0) lostSince = Date.now();
      // Closed for good, as after a 503 or the end of the session: the browser does not try again by itself.
      if (source?.readyState !== EventSource.CLOSED) return;
      checkSession();
      reopening = setTimeout(open, REOPEN_MS);
    });
  };
  const watch = setInterval(() => {
    const isSilent = lastSignalAt !== null && Date.now() - lastSignalAt.getTime() > SILENCE_MS;
    const isLost = lostSince !== 0 && Date.now() - lostSince > LOST_MS;
    if (!isSilent && !isLost) return;
    handlers.onState('stale', lastSignalAt);
    // A connection may be dead without either end knowing.
    if (isSilent && source?.readyState === EventSource.OPEN) open();
  }, 1000);
  open();
  return () => {
    clearInterval(watch);
    clearTimeout(reopening);
    source?.close();
  };
}
