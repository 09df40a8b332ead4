import { closeSync, openSync, writeSync } from 'node:fs';
import type { SettledMessage } from './delivery.js';

/** Written at a time: at thousands of messages a second a write for each would hold the run up. */
const CHUNK_CHARACTERS = 65_536;

/** A line of the file: `{"topic":"ENTRY","text":"{\"7\", …}","outcome":"acknowledged","partition":0,"offset":12}`; a place only when it is acknowledged. */
export interface AnswerLine {
  readonly topic: string;
  /** The message as it was sent. */
  readonly text: string;
  /** `unknown`: it may be in the log or not. */
  readonly outcome: 'acknowledged' | 'refused' | 'unknown' | 'notStored';
  readonly partition?: number;
  readonly offset?: number;
}

/** What became of each message of a run, in the order in which that was known. */
export class AnswersFile {
  private readonly descriptor: number;
  private waiting = '';

  /** Begins it anew. Thrown: an error of the file system. */
  constructor(path: string) {
    this.descriptor = openSync(path, 'w');
  }

  write({ topic, text, settlement }: SettledMessage): void {
    const place = settlement.type === 'acknowledged' ? { partition: settlement.partition, offset: settlement.offset } : {};
    this.waiting += `${JSON.stringify({ topic, text, outcome: settlement.type, ...place } satisfies AnswerLine)}\n`;
    if (this.waiting.length >= CHUNK_CHARACTERS) this.flush();
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
