import type { LogRecord } from '../message-log.js';
export function decodeOldMessageSet(_bytes: Buffer): { records: LogRecord[] } { throw new Error('later'); }
export function oldMessageTimeMs(_bytes: Buffer, _start: number): number { return 0; }
