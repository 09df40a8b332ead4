import { closeSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Outputs, SentRecord, TopicRecord } from './outputs.js';

/** Written and read at a time. */
const CHUNK_BYTES = 1 << 20;

/** The parts that are in `outputs.json`; each partition is in `ENTRY-0.jsonl`, what clients sent in `sent.jsonl`. */
type Rest = Omit<Outputs, 'sent' | 'topics'> & { readonly isSentKnown: boolean; readonly partitions: Readonly<Record<string, number>> };

/** Writes what a run left into a folder, record by record: it takes no more memory for millions of them. */
export class OutputsWriter {
  private readonly files = new Map<string, LineFile>();
  private readonly partitions: Record<string, number> = {};
  private isSentKnown = false;

  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  /** A partition that is there, if only without records. */
  addPartition(topic: string, partition: number): void {
    this.partitions[topic] = Math.max(this.partitions[topic] ?? 0, partition + 1);
    this.file(`${topic}-${partition}`);
  }

  /** By ascending offset. */
  addRecord(topic: string, partition: number, record: TopicRecord): void {
    this.addPartition(topic, partition);
    this.file(`${topic}-${partition}`).write(record);
  }

  addSent(sent: SentRecord): void {
    this.isSentKnown = true;
    this.file('sent').write(sent);
  }

  end(rest: Omit<Outputs, 'sent' | 'topics'>): void {
    for (const file of this.files.values()) file.close();
    writeFileSync(join(this.folder, 'outputs.json'), JSON.stringify({ ...rest, isSentKnown: this.isSentKnown, partitions: this.partitions } satisfies Rest));
  }

  private file(name: string): LineFile {
    const file = this.files.get(name) ?? new LineFile(join(this.folder, `${name}.jsonl`));
    this.files.set(name, file);
    return file;
  }
}

/** What is in a folder that an `OutputsWriter` has written. */
export function storedOutputs(folder: string): Outputs {
  const { isSentKnown, partitions, ...rest } = JSON.parse(readFileSync(join(folder, 'outputs.json'), 'utf8')) as Rest;
  const lines = <Line>(name: string): Iterable<Line> => ({ [Symbol.iterator]: () => readLines<Line>(join(folder, `${name}.jsonl`)) });
  const topics = Object.entries(partitions).map(([topic, count]) => [topic, Array.from({ length: count }, (_, partition) => lines<TopicRecord>(`${topic}-${partition}`))] as const);
  return { ...rest, sent: isSentKnown ? lines<SentRecord>('sent') : null, topics: Object.fromEntries(topics) };
}

/** All of it at once. */
export function writeOutputs(folder: string, { sent, topics, ...rest }: Outputs): void {
  const writer = new OutputsWriter(folder);
  for (const [topic, partitions] of Object.entries(topics)) {
    for (const [partition, records] of partitions.entries()) {
      writer.addPartition(topic, partition);
      for (const record of records) writer.addRecord(topic, partition, record);
    }
  }
  for (const each of sent ?? []) writer.addSent(each);
  writer.end(rest);
}

/** One JSON text a line. */
class LineFile {
  private readonly descriptor: number;
  private waiting = '';

  constructor(path: string) {
    this.descriptor = openSync(path, 'w');
  }

  write(line: object): void {
    this.waiting += `${JSON.stringify(line)}\n`;
    if (this.waiting.length >= CHUNK_BYTES) this.flush();
  }

  close(): void {
    this.flush();
    closeSync(this.descriptor);
  }

  private flush(): void {
    writeSync(this.descriptor, this.waiting);
    this.waiting = '';
  }
}

/** The JSON texts of a file, one a line. */
export function* readLines<Line>(path: string): Generator<Line> {
  const descriptor = openSync(path, 'r');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  try {
    let rest: Buffer = Buffer.alloc(0);
    for (let count = readSync(descriptor, chunk); count > 0; count = readSync(descriptor, chunk)) {
      const bytes = Buffer.concat([rest, chunk.subarray(0, count)]);
      const end = bytes.lastIndexOf(0x0a) + 1;
      // Whole lines only: a character of several bytes is never cut.
      for (const line of bytes.toString('utf8', 0, end).split('\n').slice(0, -1)) yield JSON.parse(line) as Line;
      rest = bytes.subarray(end);
    }
  } finally {
    closeSync(descriptor);
  }
}
