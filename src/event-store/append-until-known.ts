import { OutcomeUnknown, type AppendResult, type EventStore, type EventToAppend, type ExpectedRevision } from './event-store.js';

/** How often an append whose outcome is unknown is repeated before that is the caller's affair. */
const REPEATS = 5;

/** Appends, and while the outcome is unknown the same again, which stores nothing twice. Thrown: as by `EventStore.append`, `OutcomeUnknown` after the last repeat. */
export async function appendUntilKnown(store: Pick<EventStore, 'append'>, stream: string, events: readonly EventToAppend[], expected: ExpectedRevision): Promise<AppendResult> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await store.append(stream, events, expected);
    } catch (error) {
      if (!(error instanceof OutcomeUnknown) || attempt === REPEATS) throw error;
    }
  }
}
