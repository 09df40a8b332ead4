import { csvField } from '../customers/csv-field.js';

/** What a spreadsheet takes for the beginning of a formula, also in the wide forms and after blanks. */
const FORMULA = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/;

/** Without it spreadsheets take UTF-8 for something else. */
export const BYTE_ORDER_MARK = '\uFEFF';

/**
 * A line for spreadsheets: `7,"Lovelace, Ada",'=cmd()` and a line break. A text that would be a formula gets an apostrophe before it,
 * a null nothing. Source: RFC 4180.
 */
export function csvLine(values: readonly (string | number | null)[]): string {
  return `${values.map(field).join(',')}\r\n`;
}

function field(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  return csvField(FORMULA.test(value) ? `'${value}` : value);
}
