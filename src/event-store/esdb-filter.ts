import { eventTypeFilter, streamNameFilter, type Filter, type Position } from '@eventstore/db-client';
import type { EventFilter } from './event-store.js';

/** The server looks at so many events at a time and says how far it has come, though none passed. */
const SEARCHED_EVENTS = 1000;

const ANY_STREAM_OF_USERS = '^[^$]';
const NOTHING = '(?!)';

/** The filter that the server applies: never the events of system streams, which are not the port's. */
export function toServerFilter(filter: EventFilter | undefined, reached: (commit: bigint) => void): Filter {
  const common = {
    maxSearchWindow: SEARCHED_EVENTS,
    checkpointReached: async (_subscription: unknown, position: Position) => reached(position.commit),
  };
  if (!filter) return streamNameFilter({ ...common, regex: ANY_STREAM_OF_USERS });
  if ('types' in filter) {
    return eventTypeFilter({ ...common, regex: filter.types.length === 0 ? NOTHING : `^(${filter.types.map(escapeRegex).join('|')})$` });
  }
  const prefixes = filter.streamPrefixes;
  if (prefixes.length === 0) return streamNameFilter({ ...common, regex: NOTHING });
  if (prefixes.includes('')) return streamNameFilter({ ...common, regex: ANY_STREAM_OF_USERS });
  return streamNameFilter({ ...common, prefixes: [...prefixes] });
}

/** The port's meaning of a filter, which is applied to what the server lets through. */
export function passes(filter: EventFilter | undefined, event: { readonly stream: string; readonly type: string }): boolean {
  if (event.stream.startsWith('$') || event.type.startsWith('$')) return false;
  if (!filter) return true;
  if ('types' in filter) return filter.types.includes(event.type);
  return filter.streamPrefixes.some((prefix) => event.stream.startsWith(prefix));
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
