import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CUSTOMER_COLUMNS, type Customer } from './customer.js';

/**
 * Writes customers as the source's CSV: a header row and its 19 columns, RFC 4180, UTF-8. Resolves with their number.
 *
 * The file appears under its name when it is complete, in the place of one that was there. Texts are written
 * as they are: one that begins with `=` is a formula to a spreadsheet.
 */
export async function writeCustomersCsv(file: string, customers: AsyncIterable<readonly Customer[]>): Promise<number> {
  const partial = `${file}.part`;
  let count = 0;
  async function* text(): AsyncGenerator<string> {
    yield `${CUSTOMER_COLUMNS.join(',')}\r\n`;
    for await (const page of customers) {
      count += page.length;
      yield page.map((customer) => `${CUSTOMER_COLUMNS.map((column) => csvField(String(customer[column]))).join(',')}\r\n`).join('');
    }
  }
  try {
    await pipeline(Readable.from(text()), createWriteStream(partial));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw new Error(`cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return count;
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
