import { CorruptRecordBatch } from '../record-batch.js';
import { gunzipSync } from 'node:zlib';
export function decompress(compression: number, bytes: Buffer): Buffer { if (compression === 1) return gunzipSync(bytes); throw new CorruptRecordBatch(`codec ${compression}`); }
