import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import type { StoredEvent } from './stored-event.js';

/** The double's log as lines of JSON, so that it outlives its process. Not synced to the disk: it survives a killed process, not a power cut. */
export class LogFile {
  constructor(private readonly path: string) {}

  load(): StoredEvent[] {
    if (!existsSync(this.path)) return [];
    const bytes = readFileSync(this.path);
    // What follows the last line break was cut off while it was written, and never acknowledged; the next line must not join it.
    const end = bytes.lastIndexOf(0x0a) + 1;
    if (end < bytes.length) truncateSync(this.path, end);
    const lines = bytes.toString('utf8', 0, end).split('\n').slice(0, -1);
    return lines.flatMap((line) => (JSON.parse(line) as Stored[]).map(fromStored));
  }

  /** One line per append, so that all of its events are there or none. */
  write(events: readonly StoredEvent[]): void {
    appendFileSync(this.path, `${JSON.stringify(events.map(toStored))}\n`);
  }
}

type Stored = Omit<StoredEvent, 'data' | 'metadata'> & { readonly data: string; readonly metadata: string };

function toStored(event: StoredEvent): Stored {
  return { ...event, data: event.data.toString('base64'), metadata: event.metadata.toString('base64') };
}

function fromStored(stored: Stored): StoredEvent {
  return { ...stored, data: Buffer.from(stored.data, 'base64'), metadata: Buffer.from(stored.metadata, 'base64') };
}
