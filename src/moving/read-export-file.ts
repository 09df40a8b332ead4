import { open } from 'node:fs/promises';
import { MAX_EVENT_BYTES } from '../event-store/event-store.js';
import { BadLine, decodeLine, type ExportLine } from './export-line.js';

/** A file that is no export, or no longer as it was written; `file:line: problem`. */
export class BadExportFile extends Error {
  constructor(file: string, line: number, problem: string) {
    super(`${file}:${line}: ${problem}`);
    this.name = 'BadExportFile';
  }
}

/** The file can't be read or written: it is not there, it may not be touched, the disk is full. */
export class ExportFileUnusable extends Error {
  constructor(file: string, cause: Error) {
    super(`${file}: ${cause.message}`, { cause });
    this.name = 'ExportFileUnusable';
  }
}

/** Where in the file a line stands. */
export interface PlacedLine {
  /** From 1. */
  readonly lineNumber: number;
  /** The offsets of its first byte and of the first one behind its line feed. */
  readonly from: number;
  readonly to: number;
  /** `cut`: the last bytes have no line feed; whoever wrote them did not come to the end. */
  readonly line: ExportLine | { readonly type: 'cut' };
}

/** Data and metadata of the largest event are as long here as there; the rest is for its names. */
const MAX_LINE_BYTES = 4 * MAX_EVENT_BYTES;

const LINE_FEED = 0x0a;

const CHUNK_BYTES = 256 * 1024;

export const NO_HEADER = 'is no header; the file does not begin as an export does';

/**
 * The lines of an export in their order, each checked: the header first, events by number without a gap, the end last.
 * Thrown: `BadExportFile` naming the line; `ExportFileUnusable`.
 */
export async function* readExportFile(file: string): AsyncGenerator<PlacedLine> {
  let lineNumber = 0;
  let from = 0;
  let events = 0;
  let last: ExportLine['type'] | null = null;
  for await (const { bytes, isWhole } of linesOf(file)) {
    lineNumber += 1;
    if (!isWhole) {
      yield { lineNumber, from, to: from + bytes.length, line: { type: 'cut' } };
      return;
    }
    const line = decode(file, lineNumber, bytes);
    const problem = misplaced(line, last, events);
    if (problem !== null) throw new BadExportFile(file, lineNumber, problem);
    last = line.type;
    if (line.type === 'event') events += 1;
    const to = from + bytes.length + 1;
    yield { lineNumber, from, to, line };
    from = to;
  }
}

function decode(file: string, lineNumber: number, bytes: Buffer): ExportLine {
  try {
    return decodeLine(bytes.toString('utf8'));
  } catch (error) {
    if (!(error instanceof BadLine)) throw error;
    throw new BadExportFile(file, lineNumber, error.message);
  }
}

function misplaced(line: ExportLine, last: ExportLine['type'] | null, events: number): string | null {
  if (last === null) return line.type === 'header' ? null : NO_HEADER;
  if (last === 'end') return 'stands behind the end of the export';
  if (line.type === 'header') return 'is a second header; two exports are no export';
  if (line.type === 'event' && line.number !== events + 1) return `has event ${line.number}, expected ${events + 1}; lines are missing or doubled`;
  if (line.type === 'end' && line.events !== events) return `ends ${line.events} events, there are ${events}; lines are missing or doubled`;
  return null;
}

/** Split at line feeds alone: texts within events may have any other separator. */
async function* linesOf(file: string): AsyncGenerator<{ bytes: Buffer; isWhole: boolean }> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let lines = 0;
  for await (const chunk of chunksOf(file)) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      lines += 1;
      const piece = chunk.subarray(start, end);
      yield { bytes: rest.length === 0 ? piece : Buffer.concat([...rest, piece]), isWhole: true };
      [rest, restBytes, start] = [[], 0, end + 1];
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
    restBytes += chunk.length - start;
    if (restBytes > MAX_LINE_BYTES) throw new BadExportFile(file, lines + 1, `has more than ${MAX_LINE_BYTES} bytes, which no event has`);
  }
  if (restBytes > 0) yield { bytes: Buffer.concat(rest), isWhole: false };
}

async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  const handle = await using(file, () => open(file));
  try {
    for (;;) {
      const { bytesRead, buffer } = await using(file, () => handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, null));
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** Thrown: `ExportFileUnusable` for what the system says; else what the work throws. */
export async function using<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isSystemError(error) ? new ExportFileUnusable(file, error) : error;
  }
}

function isSystemError(error: unknown): error is Error {
  return typeof error === 'object' && error !== null && 'syscall' in error;
}
