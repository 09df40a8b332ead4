import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { RecordedEvent } from '../event-store/event-store.js';
import type { ExportLine } from './export-line.js';
import { BadExportFile, NO_HEADER, readExportFile, using } from './read-export-file.js';

/** What an earlier export has written. */
export interface Begun {
  readonly header: Extract<ExportLine, { type: 'header' }> | null;
  readonly events: number;
  readonly last: RecordedEvent | null;
  /** The next revision of each stream; some 120 bytes a stream. */
  readonly nextRevisions: Map<string, number>;
}

/** Where an export goes. */
export interface ExportTarget {
  /** For messages. */
  readonly name: string;
  readonly begun: Begun;
  /** Resolves when it may take more. */
  write(lines: string): Promise<void>;
}

/** A new export, with nothing before it. */
export function nothingBegun(): Begun {
  return { header: null, events: 0, last: null, nextRevisions: new Map() };
}

/** A file that an export is written to, and goes on with what an interrupted or an earlier one has left there. */
export class ExportFile implements ExportTarget {
  private hasWritten = false;

  private constructor(
    readonly name: string,
    private readonly handle: FileHandle,
    readonly begun: Begun,
    /** Where the next line goes: over the end of an earlier export, or over a line that was cut. */
    private offset: number,
  ) {}

  /** Opens or makes the file. Thrown: `BadExportFile` for one that is something else or no longer sound, which is left as it is; `ExportFileUnusable`. */
  static async open(file: string): Promise<ExportFile> {
    const handle = await using(file, () => open(file, constants.O_RDWR | constants.O_CREAT));
    try {
      const { begun, offset } = await readBegun(file);
      return new ExportFile(file, handle, begun, offset);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async write(lines: string): Promise<void> {
    const bytes = Buffer.from(lines);
    await using(this.name, async () => {
      if (!this.hasWritten) await this.handle.truncate(this.offset);
      this.hasWritten = true;
      for (let done = 0; done < bytes.length; ) done += (await this.handle.write(bytes, done, bytes.length - done, this.offset + done)).bytesWritten;
    });
    this.offset += bytes.length;
  }

  /** Resolves when what was written is durable. */
  async close(): Promise<void> {
    try {
      await using(this.name, () => this.handle.sync());
    } finally {
      await this.handle.close();
    }
  }
}

async function readBegun(file: string): Promise<{ begun: Begun; offset: number }> {
  const nextRevisions = new Map<string, number>();
  let header: Begun['header'] = null;
  let last: RecordedEvent | null = null;
  let events = 0;
  let offset = 0;
  for await (const { lineNumber, from, to, line } of readExportFile(file)) {
    // Of an export at least the header is whole: this is something else.
    if (line.type === 'cut' && header === null) throw new BadExportFile(file, lineNumber, NO_HEADER);
    if (line.type === 'header') header = line;
    if (line.type === 'event') {
      [last, events] = [line.event, line.number];
      nextRevisions.set(last.stream, Number(last.revision) + 1);
    }
    offset = line.type === 'header' || line.type === 'event' ? to : Math.min(offset, from);
  }
  return { begun: { header, events, last, nextRevisions }, offset };
}
