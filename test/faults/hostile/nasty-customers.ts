import { CUSTOMER_COLUMNS } from '../../../src/customers/customer.js';
import { NASTY_TEXTS } from './draw-hostile.js';

/** As many as there are texts: then each text is once in each column. */
export const NASTY_CUSTOMERS = NASTY_TEXTS.length;

/** Customers of sensors from `firstSensor` on, as a CSV file for the import; every text says what may do harm where it is shown. */
export function nastyCustomers(firstSensor: number): string {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const rows = Array.from({ length: NASTY_CUSTOMERS }, (_, index) => CUSTOMER_COLUMNS.map((column, at) => quoted(nastyValue(column, firstSensor + index, index + at))).join(','));
  return `${CUSTOMER_COLUMNS.join(',')}\r\n${rows.join('\r\n')}\r\n`;
}

function nastyValue(column: string, id: number, which: number): string {
  const numbers: Record<string, string> = { id: String(id), latitude: '40.4', longitude: '-3.7' };
  return numbers[column] ?? importable(NASTY_TEXTS[which % NASTY_TEXTS.length] as string);
}

/** No store keeps a NUL unchanged, and a name may not be blank: the import refuses both. */
export function importable(nasty: string): string {
  const text = nasty.replaceAll('\u0000', '');
  return text.trim() === '' ? `${text}x` : text;
}
