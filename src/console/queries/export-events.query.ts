import { SENSOR_EVENT_TYPES } from '../../alarm-domain/alarm-events.js';
import { sensorStream } from '../../alarm-domain/sensor.js';
import { decodeEvent } from '../../event-store/event-codec.js';
import type { EventStore, RecordedEvent } from '../../event-store/event-store.js';
import type { EventExportQuery } from '../request-schemas.js';
import type { AuditEvent } from '../response-schemas.js';

/** The events about sensors that were recorded in a range of time, of all or of one, in the store's order. */
export class ExportEvents {
  constructor(readonly query: EventExportQuery) {}
}

export type ExportedEvent = AuditEvent & { readonly stream: string };

export class ExportEventsHandler {
  constructor(private readonly store: EventStore) {}

  /** Event by event, as they are taken. Thrown by what it gives: `StoreUnavailable`. */
  async execute({ query }: ExportEvents): Promise<AsyncGenerator<ExportedEvent>> {
    return this.events(query);
  }

  /** Two processes' clocks may differ, so the times do not follow the order of the store, and every event is looked at. */
  private async *events({ from, to, sensor }: EventExportQuery): AsyncGenerator<ExportedEvent> {
    const all = sensor === undefined ? this.store.readAll({ filter: { types: SENSOR_EVENT_TYPES } }) : this.store.readStream(sensorStream(sensor));
    for await (const recorded of all) {
      const { recordedAt } = recorded.metadata as { recordedAt: string };
      if ((from === undefined || recordedAt >= from) && (to === undefined || recordedAt < to)) yield toExported(recorded);
    }
  }
}

function toExported(recorded: RecordedEvent): ExportedEvent {
  const { id, stream, revision, position, type } = recorded;
  const { data, metadata } = decodeEvent(recorded) ?? recorded;
  return { stream, revision: Number(revision), position, id, type, data: { ...data }, metadata: { ...metadata } };
}
