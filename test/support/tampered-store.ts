import type { EventStore, RecordedEvent } from '../../src/event-store/event-store.js';
import type { Receipt } from '../../src/ingestion/receipt.js';

/** The store as it would read had something been lost or changed in it. */
export function tampered(store: EventStore, change: (event: RecordedEvent) => RecordedEvent[]): EventStore {
  const through = async function* (events: AsyncIterable<RecordedEvent>) {
    for await (const event of events) yield* change(event);
  };
  return Object.assign(Object.create(store) as EventStore, {
    readStream: (...args: Parameters<EventStore['readStream']>) => through(store.readStream(...args)),
    readAll: (...args: Parameters<EventStore['readAll']>) => through(store.readAll(...args)),
  });
}

/** The receipt that an event is, null for another one. */
export function receiptIn({ type, data }: RecordedEvent): Receipt | null {
  return type === 'ReceiptRecorded' ? (data as Receipt) : null;
}
