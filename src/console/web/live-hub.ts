import { createContext } from 'preact';
import { useContext, useEffect } from 'preact/hooks';
import { followLive, type LiveListener } from './live.js';

/** One connection for all parts of the page. */
export class LiveHub {
  private readonly listeners = new Set<Partial<LiveListener>>();

  /** Connects until the returned function is called. */
  start(): () => void {
    return followLive({
      onReset: () => this.tell('onReset'),
      onAlarm: (alarm) => this.tell('onAlarm', alarm),
      onMap: () => this.tell('onMap'),
      onCounts: () => this.tell('onCounts'),
      onShelved: () => this.tell('onShelved'),
      onState: (state, lastSignalAt) => this.tell('onState', state, lastSignalAt),
    });
  }

  listen(listener: Partial<LiveListener>): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell<Name extends keyof LiveListener>(name: Name, ...what: Parameters<LiveListener[Name]>): void {
    for (const listener of this.listeners) (listener[name] as ((...args: Parameters<LiveListener[Name]>) => void) | undefined)?.(...what);
  }
}

export const LiveContext = createContext(new LiveHub());

/** Listens as long as the component is there; `listener` is that of its first rendering. */
export function useLive(listener: Partial<LiveListener>): void {
  const hub = useContext(LiveContext);
  useEffect(() => hub.listen(listener), [hub]);
}
