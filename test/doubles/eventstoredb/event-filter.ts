import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { StoredEvent } from './stored-event.js';

export type EventPredicate = (event: StoredEvent) => boolean;

/** An expression as the server reads it: a regular expression when there is one, else prefixes. */
export function toPredicate(filter: ReadReq.Options.FilterOptions | undefined): EventPredicate {
  if (!filter) return () => true;
  const isByType = filter.hasEventType();
  const expression = isByType ? filter.getEventType() : filter.getStreamIdentifier();
  const textOf = (event: StoredEvent) => (isByType ? event.type : event.stream);
  const regex = expression?.getRegex() ?? '';
  if (regex !== '') {
    const compiled = new RegExp(regex);
    return (event) => compiled.test(textOf(event));
  }
  const prefixes = expression?.getPrefixList() ?? [];
  return (event) => prefixes.some((prefix) => textOf(event).startsWith(prefix));
}
