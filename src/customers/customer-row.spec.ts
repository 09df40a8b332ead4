import { CUSTOMER_COLUMNS } from './customer.js';
import { customerOf, readHeader, type RowLayout } from './customer-row.js';

const LAYOUT = readHeader(CUSTOMER_COLUMNS) as RowLayout;

/** A good row with some columns changed. */
function row(change: Partial<Record<(typeof CUSTOMER_COLUMNS)[number], string>> = {}): string[] {
  const good = { id: '42959', name: 'Ana', latitude: '40.416775', longitude: '-3.703790', ...change };
  return CUSTOMER_COLUMNS.map((column) => (good as Record<string, string>)[column] ?? column);
}

describe('readHeader', () => {
  it('takes the 19 columns in any order and case, and the two computed ones', () => {
    const reversed = [...CUSTOMER_COLUMNS].reverse();
    expect(readHeader(reversed)).toEqual(reversed);
    expect(readHeader(CUSTOMER_COLUMNS.map((column) => ` ${column.toUpperCase()} `))).toEqual(CUSTOMER_COLUMNS);
    expect(readHeader(['geohash', ...CUSTOMER_COLUMNS, 'dashboard'])).toEqual([null, ...CUSTOMER_COLUMNS, null]);
  });

  it.each<[string, readonly string[], string]>([
    ['missing', CUSTOMER_COLUMNS.filter((column) => column !== 'city' && column !== 'id'), 'lacks id, city'],
    ['unknown', [...CUSTOMER_COLUMNS, 'phone', ''], 'has unknown columns "phone", ""'],
    ['doubled', [...CUSTOMER_COLUMNS, 'Name'], 'has "name" more than once'],
    ['misspelt', CUSTOMER_COLUMNS.map((column) => (column === 'zipcode' ? 'zip' : column)), 'lacks zipcode and has unknown columns "zip"'],
    ['separated by semicolons', [CUSTOMER_COLUMNS.join(';')], 'columns must be separated by commas'],
  ])('names columns that are %s', (_, fields, reason) => {
    expect(readHeader(fields)).toEqual({ column: null, reason: expect.stringContaining(reason) as string });
  });
});

describe('customerOf', () => {
  it('computes geohash and zone, and keeps each text as it is', () => {
    expect(customerOf(LAYOUT, row({ city: ' Madrid ', company: '=cmd()' }))).toMatchObject({
      id: 42959, name: 'Ana', city: ' Madrid ', company: '=cmd()', username: 'username',
      latitude: 40.416775, longitude: -3.70379, geohash: 'ezjmgtwuz', dashboard: 'Mediterranean',
    });
  });

  it('computes them even where the file has others', () => {
    const layout = readHeader([...CUSTOMER_COLUMNS, 'geohash', 'dashboard']) as RowLayout;
    expect(customerOf(layout, [...row(), 'zzzzzzzzz', 'Africa'])).toEqual(customerOf(LAYOUT, row()));
  });

  it.each<[string, number]>([['0', 0], ['042959', 42959], [' 7 ', 7], ['2147483647', 2147483647]])('takes id %j', (id, expected) => {
    expect(customerOf(LAYOUT, row({ id }))).toMatchObject({ id: expected });
  });

  it.each<[string, number]>([
    ['40.4', 40.4], ['-40', -40], ['+40.', 40], ['.5', 0.5], ['40,4168', 40.4168], ['-0', 0], ['1.5e-05', 0.000015], ['90', 90], ['-90.000', -90], [' 1 ', 1],
  ])('takes latitude %j', (latitude, expected) => {
    expect(customerOf(LAYOUT, row({ latitude }))).toMatchObject({ latitude: expected });
  });

  it.each<[(typeof CUSTOMER_COLUMNS)[number], string, string]>([
    ['id', '', 'is empty'], ['id', '-1', 'is "-1"'], ['id', '1.0', 'is "1.0"'], ['id', '2147483648', 'expected a whole number from 0 to 2147483647'],
    ['id', '0x10', 'is "0x10"'], ['id', 'NaN', 'is "NaN"'], ['name', '  ', 'is empty'],
    ['latitude', '90.0001', 'expected degrees from -90 to 90'], ['latitude', '', 'is empty'], ['latitude', 'NaN', 'is "NaN"'],
    ['latitude', '40°25\'N', 'is "40°25\'N"'], ['latitude', '1,000.5', 'is "1,000.5"'], ['latitude', '1e999', 'degrees'],
    ['longitude', '-180.5', 'expected degrees from -180 to 180'], ['longitude', 'Infinity', 'is "Infinity"'], ['longitude', '0x10', 'is "0x10"'],
    ['city', 'a\0b', 'holds a NUL'], ['company', 'M\ufffdnchen', 'not UTF-8'],
  ])('refuses %s %j by name', (column, value, reason) => {
    expect(customerOf(LAYOUT, row({ [column]: value }))).toEqual([{ column, reason: expect.stringContaining(reason) as string }]);
  });

  it('names every bad column once, and a wrong number of columns', () => {
    const problems = customerOf(LAYOUT, row({ id: 'x', latitude: '91', longitude: '' })) as readonly { column: string }[];
    expect(problems.map((problem) => problem.column).sort()).toEqual(['id', 'latitude', 'longitude']);
    expect(customerOf(LAYOUT, row().slice(1))).toEqual([{ column: null, reason: 'has 18 columns, the header row has 19' }]);
  });

  it('quotes no more than the beginning of a long value', () => {
    const [problem] = customerOf(LAYOUT, row({ id: '9'.repeat(10_000) })) as readonly { reason: string }[];
    expect(problem!.reason.length).toBeLessThan(120);
  });
});
