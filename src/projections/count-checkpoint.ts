import { z } from 'zod';
import { isoTime, type Clock } from '../clock.js';
import type { EventStore, Position, RecordedEvent } from '../event-store/event-store.js';
import { idOf } from '../ingestion/deterministic-id.js';
import { COUNT_TOPIC, type MessageLog } from '../message-log/message-log.js';

const EVENT_TYPE = 'CountCheckpointStored';

const place = z.object({ partition: z.int().min(0), nextOffset: z.int().min(0) });
const stored = z.object({
  alarm: z.object({ eventId: z.string(), stream: z.string(), revision: z.string().regex(/^\d+$/), position: z.string() }),
  places: z.array(place),
});

/** No alarm after the checkpoint's is on COUNT before this offset. */
export type CountPlace = Readonly<z.infer<typeof place>>;

/** Every alarm up to `position` is on COUNT; later ones are there, if at all, from `places` on. */
export interface CountProgress {
  /** Null before the first alarm. */
  readonly position: Position | null;
  readonly places: readonly CountPlace[];
}

/**
 * How far COUNT has come, kept as the only event of stream `checkpoint-count-<log identity>`: another log
 * has a COUNT of its own, to which nothing has been published yet.
 *
 * It names the last alarm published, so that a checkpoint which came into another event store by an import,
 * where positions mean something else, is recognised as being of no use; so is one whose topic has begun again and is shorter.
 */
export class CountCheckpoint {
  private readonly stream: string;

  constructor(
    private readonly log: MessageLog,
    private readonly store: EventStore,
    private readonly clock: Clock,
  ) {
    this.stream = `checkpoint-count-${log.identity}`;
  }

  /** Where to go on; at the beginning of all when there is no checkpoint that holds. Thrown: the stores' errors. */
  async load(): Promise<CountProgress> {
    await this.store.setStreamMetadata(this.stream, { maxCount: 1 });
    const ranges = await this.log.describe(COUNT_TOPIC);
    const beginning = ranges.map(({ partition, startOffset }) => ({ partition, nextOffset: startOffset }));
    for await (const { data } of this.store.readStream(this.stream, { direction: 'backwards', limit: 1 })) {
      const parsed = stored.safeParse(data);
      if (!parsed.success) break;
      const { alarm, places } = parsed.data;
      const isTopicTheSame = ranges.every(({ partition, endOffset }) =>
        places.some((known) => known.partition === partition && known.nextOffset <= endOffset),
      );
      if (isTopicTheSame && (await this.isHere(alarm))) return { position: alarm.position, places };
    }
    return { position: null, places: beginning };
  }

  /** Stores that all alarms up to and with this one are on COUNT. Thrown: the store's errors. */
  async save(alarm: RecordedEvent, places: readonly CountPlace[]): Promise<void> {
    const { id: eventId, stream, revision, position } = alarm;
    const data: z.infer<typeof stored> = { alarm: { eventId, stream, revision: String(revision), position }, places: [...places] };
    const event = {
      id: idOf(`${this.stream}|${JSON.stringify(data)}`),
      type: EVENT_TYPE,
      data,
      metadata: { schemaVersion: 1, recordedAt: isoTime(this.clock.now()) },
    };
    await this.store.append(this.stream, [event], 'any');
  }

  private async isHere({ eventId, stream, revision, position }: z.infer<typeof stored>['alarm']): Promise<boolean> {
    for await (const event of this.store.readStream(stream, { fromRevision: BigInt(revision), limit: 1 })) {
      return event.id === eventId && event.position === position;
    }
    return false;
  }
}
