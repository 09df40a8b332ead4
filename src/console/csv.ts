import { csvField } from '../customers/csv-field.js';

/**
 * What a spreadsheet takes for the beginning of a formula, also in the wide forms and after blanks: at the beginning of a field, and
 * behind what another spreadsheet takes for the end of one, such as the semicolon in Spain.
 */
const FORMULA = /(^|[;\t|\r\n])(\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g;

/** Without it spreadsheets take UTF-8 for something else. */
export const BYTE_ORDER_MARK = '\uFEFF';

/**
 * A line for spreadsheets: `7,"Lovelace, Ada",'=cmd()` and a line break. What would be a formula gets an apostrophe before it,
 * a null nothing. Sources: RFC 4180; OWASP, CSV Injection.
 */
export function csvLine(values: readonly (string | number | null)[]): string {
  return `${values.map(field).join(',')}\r\n`;
}

function field(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  return csvField(value.replaceAll(FORMULA, "$1'$2"));
}
