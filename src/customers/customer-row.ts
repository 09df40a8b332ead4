import ngeohash from 'ngeohash';
import { CUSTOMER_COLUMNS, unstorable, type Customer } from './customer.js';
import { zoneOf } from './zones.js';

type Column = (typeof CUSTOMER_COLUMNS)[number];

/** The columns in the order of a file, null for one whose values are computed and not read. */
export type RowLayout = readonly (Column | null)[];

export interface RowProblem {
  /** Null when it is about the whole row. */
  readonly column: string | null;
  readonly reason: string;
}

/** Made from latitude and longitude, whatever a file says. */
const COMPUTED: readonly string[] = ['geohash', 'dashboard'];

/** Without these a sensor has no place and its alarm names nobody; the source's other columns may be empty. */
const REQUIRED: readonly Column[] = ['id', 'name', 'latitude', 'longitude'];

const MAX_INT32 = 2_147_483_647;

/** The layout that a header row describes: the 19 columns in any order, in any case; or what is wrong with it. */
export function readHeader(fields: readonly string[]): RowLayout | RowProblem {
  const names = fields.map((field) => field.trim().toLowerCase());
  const layout = names.map((name) => CUSTOMER_COLUMNS.find((column) => column === name) ?? null);
  const unknown = names.filter((name, i) => layout[i] === null && !COMPUTED.includes(name));
  const missing = CUSTOMER_COLUMNS.filter((column) => !names.includes(column));
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  const faults = [
    missing.length > 0 ? `lacks ${missing.join(', ')}` : '',
    unknown.length > 0 ? `has unknown columns ${unknown.map(quoted).join(', ')}` : '',
    twice.length > 0 ? `has ${twice.map(quoted).join(', ')} more than once` : '',
  ].filter((fault) => fault !== '');
  if (faults.length === 0) return layout;
  const hint = names.length === 1 && /[;\t|]/.test(names[0] as string) ? '; columns must be separated by commas' : '';
  return { column: null, reason: `the header row ${faults.join(' and ')}${hint}` };
}

/**
 * The customer of a row, with geohash and dashboard computed, or everything that is wrong with it.
 *
 * `id` is a whole number from 0 to 2147483647, leading zeros allowed; degrees are decimal, with a point or a
 * comma (no degree has thousands, so a comma can mean nothing else), an exponent allowed. Texts are kept
 * exactly as they are, spaces too.
 */
export function customerOf(layout: RowLayout, fields: readonly string[]): Customer | readonly RowProblem[] {
  if (fields.length !== layout.length) {
    return [{ column: null, reason: `has ${fields.length} columns, the header row has ${layout.length}` }];
  }
  const row = {} as Record<Column, string>;
  layout.forEach((column, i) => {
    if (column) row[column] = fields[i] as string;
  });
  const problems: RowProblem[] = [];
  for (const column of CUSTOMER_COLUMNS) {
    const reason = textProblem(column, row[column]);
    if (reason) problems.push({ column, reason });
  }
  const id = wholeNumber(row.id);
  const latitude = degrees(row.latitude);
  const longitude = degrees(row.longitude);
  if (id === null) problems.push(badNumber('id', row.id, `a whole number from 0 to ${MAX_INT32}`));
  if (latitude === null || Math.abs(latitude) > 90) problems.push(badNumber('latitude', row.latitude, 'degrees from -90 to 90'));
  if (longitude === null || Math.abs(longitude) > 180) problems.push(badNumber('longitude', row.longitude, 'degrees from -180 to 180'));
  if (problems.length > 0 || id === null || latitude === null || longitude === null) return firstOfEach(problems);
  return { ...row, id, latitude, longitude, ...computedOf(latitude, longitude) };
}

/** The two columns that are made from a place in degrees. */
export function computedOf(latitude: number, longitude: number): Pick<Customer, 'geohash' | 'dashboard'> {
  const geohash = ngeohash.encode(latitude, longitude, 9);
  return { geohash, dashboard: zoneOf(geohash) };
}

function textProblem(column: Column, text: string): string | null {
  if (REQUIRED.includes(column) && text.trim() === '') return 'is empty';
  if (text.includes('\ufffd')) return 'holds bytes that are not UTF-8; save the file as UTF-8';
  return unstorable(text);
}

function wholeNumber(text: string): number | null {
  const trimmed = text.trim();
  return /^\d+$/.test(trimmed) && Number(trimmed) <= MAX_INT32 ? Number(trimmed) : null;
}

function degrees(text: string): number | null {
  const trimmed = text.trim();
  if (!/^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d{1,3})?$/i.test(trimmed)) return null;
  // Adding 0 makes 0 of -0, which a store does not keep.
  return Number(trimmed.replace(',', '.')) + 0;
}

function badNumber(column: Column, value: string, expected: string): RowProblem {
  return { column, reason: `is ${quoted(value)}, expected ${expected}` };
}

/** An empty number is named once, as empty. */
function firstOfEach(problems: readonly RowProblem[]): readonly RowProblem[] {
  return problems.filter((problem, i) => problems.findIndex((other) => other.column === problem.column) === i);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
