import { csvField } from './csv-field.js';
import { CUSTOMER_COLUMNS, type Customer } from './customer.js';
import { writeWholeFile } from './write-whole-file.js';

/**
 * Writes customers as the source's CSV: a header row and its 19 columns, RFC 4180, UTF-8. Resolves with their number.
 *
 * The file appears under its name when it is complete, in the place of one that was there. Texts are written
 * as they are: one that begins with `=` is a formula to a spreadsheet.
 */
export async function writeCustomersCsv(file: string, customers: AsyncIterable<readonly Customer[]>): Promise<number> {
  let count = 0;
  async function* text(): AsyncGenerator<string> {
    yield `${CUSTOMER_COLUMNS.join(',')}\r\n`;
    for await (const page of customers) {
      count += page.length;
      yield page.map((customer) => `${CUSTOMER_COLUMNS.map((column) => csvField(String(customer[column]))).join(',')}\r\n`).join('');
    }
  }
  await writeWholeFile(file, text());
  return count;
}
