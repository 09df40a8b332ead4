import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ngeohash from 'ngeohash';
import { customerExample, HOSTILE_TEXTS } from '../../test/contracts/customer-store.contract.js';
import { writeCustomersCsv } from './csv-export.js';
import { importCustomers } from './csv-import.js';
import { CustomersUnavailable } from './customer-store.js';
import { CUSTOMER_COLUMNS, type Customer } from './customer.js';
import { generateCustomers } from './generate-customers.js';
import { LibsqlCustomerStore } from './libsql-customer-store.js';
import { zoneOf } from './zones.js';

const HEADER = CUSTOMER_COLUMNS.join(',');

/** A good line of CSV for an id, with some columns changed. */
function line(id: number | string, change: Partial<Record<keyof Customer, string>> = {}): string {
  const values: Record<string, unknown> = { ...customerExample(0), id, ...change };
  return CUSTOMER_COLUMNS.map((column) => `"${String(values[column]).replaceAll('"', '""')}"`).join(',');
}

/** What an import makes of a customer: its geohash and zone follow from its coordinates. */
function withPlace(customer: Customer): Customer {
  const geohash = ngeohash.encode(customer.latitude, customer.longitude, 9);
  return { ...customer, geohash, dashboard: zoneOf(geohash) };
}

async function* pages(customers: readonly Customer[]): AsyncGenerator<readonly Customer[]> {
  yield customers;
}

describe('importCustomers', () => {
  let dir: string;
  let store: LibsqlCustomerStore;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vigia-import-'));
    store = await LibsqlCustomerStore.open(dir);
  });
  afterEach(() => store.close());

  function file(name: string, ...lines: string[]): string {
    writeFileSync(join(dir, name), lines.map((text) => `${text}\r\n`).join(''));
    return join(dir, name);
  }

  it('imports what was generated and exported, equal in every column, and the second time changes nothing', async () => {
    const csv = join(dir, 'generated.csv');
    expect(await writeCustomersCsv(csv, generateCustomers({ count: 2500, seed: 2 }))).toBe(2500);
    const result = await importCustomers(store, [csv]);
    expect(result).toEqual({ files: 1, unreadable: 0, imported: 2500, replaced: 0, skipped: 0, resumed: 0, problems: [], problemCount: 0 });
    const differing: number[] = [];
    for await (const block of generateCustomers({ count: 2500, seed: 2 })) {
      for (const customer of block) if (JSON.stringify(await store.find(customer.id)) !== JSON.stringify(customer)) differing.push(customer.id);
    }
    expect(differing).toEqual([]);
    const version = await store.version();
    expect(await importCustomers(store, [csv])).toEqual(result);
    expect(await store.version()).toBe(version);
  });

  it('reports bad rows by file, line and column, and imports the others', async () => {
    const one = file('one.csv', HEADER, line(1), line(2, { latitude: '95' }), line(3, { streetaddress: 'Calle\r\nMayor' }), line(-4), 'a,b', line(5));
    const two = file('two.csv', HEADER, line(6), line(7).replace('"Ana"', 'An"a'), line(8));
    const result = await importCustomers(store, [one, two]);
    expect(result).toMatchObject({ files: 2, unreadable: 0, imported: 5, replaced: 0, skipped: 4, problemCount: 4 });
    expect(result.problems).toEqual([
      { kind: 'row', file: one, line: 3, column: 'latitude', reason: 'is "95", expected degrees from -90 to 90' },
      { kind: 'row', file: one, line: 6, column: 'id', reason: 'is "-4", expected a whole number from 0 to 2147483647' },
      { kind: 'row', file: one, line: 7, column: null, reason: 'has 2 columns, the header row has 19' },
      { kind: 'row', file: two, line: 3, column: null, reason: expect.stringContaining('quotation mark') as string },
    ]);
    expect((await store.find(3))?.streetaddress).toBe('Calle\r\nMayor');
    expect(await Promise.all([1, 3, 5, 6, 8].map(async (id) => (await store.find(id))?.id))).toEqual([1, 3, 5, 6, 8]);
  });

  it('reports files that it cannot read and imports the others', async () => {
    const good = file('good.csv', HEADER, line(1));
    const headless = file('headless.csv', HEADER.replace('latitude', 'lat'), line(2));
    const badQuote = file('quote.csv', `a"b,${HEADER}`, line(3));
    const empty = file('empty.csv');
    const absent = join(dir, 'absent.csv');
    const result = await importCustomers(store, [headless, absent, empty, badQuote, dir, good]);
    expect(result).toMatchObject({ files: 1, unreadable: 5, imported: 1, skipped: 0 });
    expect(result.problems.map(({ kind, file: name, line: at, reason }) => [kind, name, at, reason])).toEqual([
      ['file', headless, 1, 'the header row lacks latitude and has unknown columns "lat"'],
      ['file', absent, null, expect.stringContaining('ENOENT')],
      ['file', empty, null, 'is empty, expected a header row'],
      ['file', badQuote, 1, expect.stringContaining('quotation mark')],
      ['file', dir, null, expect.stringContaining('EISDIR')],
    ]);
  });

  it('lets the last row of an id count, across files, with a warning', async () => {
    const one = file('one.csv', HEADER, line(1, { name: 'First' }), line(2), line('01', { name: 'Second' }));
    const two = file('two.csv', HEADER, line(1, { name: 'Third' }));
    const result = await importCustomers(store, [one, two]);
    expect(result).toMatchObject({ imported: 2, replaced: 2, skipped: 0, problemCount: 2 });
    expect(result.problems.map(({ kind, file: name, line: at, column }) => [kind, name, at, column])).toEqual([
      ['duplicate', one, 4, 'id'],
      ['duplicate', two, 2, 'id'],
    ]);
    expect((await store.find(1))?.name).toBe('Third');
    expect(await store.count()).toBe(2);
  });

  it('keeps hostile text in every column, or refuses it by name', async () => {
    const texts = [...HOSTILE_TEXTS, 'NUL \0 inside', 'replaced \ufffd'];
    const textColumns = CUSTOMER_COLUMNS.filter((column) => column !== 'id' && column !== 'latitude' && column !== 'longitude');
    const customers = texts.map((text, id) => customerExample(id, Object.fromEntries(textColumns.map((column) => [column, text]))));
    const csv = join(dir, 'hostile.csv');
    await writeCustomersCsv(csv, pages(customers));
    const result = await importCustomers(store, [csv]);
    const isRefused = (text: string) => text.trim() === '' || text.includes('\0') || text.includes('\ufffd');
    const refused = texts.filter(isRefused);
    expect(refused).toEqual(['', ' ', 'NUL \0 inside', 'replaced \ufffd']);
    expect(result).toMatchObject({ imported: texts.length - refused.length, skipped: refused.length, unreadable: 0 });
    expect(result.problems.filter((problem) => problem.column === 'name').map((problem) => problem.reason)).toEqual([
      'is empty', 'is empty', 'holds a NUL character', expect.stringContaining('not UTF-8'),
    ]);
    for (const customer of customers) expect(await store.find(customer.id)).toEqual(isRefused(customer.name) ? null : withPlace(customer));
  });

  it('names a row in another encoding than UTF-8', async () => {
    const csv = join(dir, 'latin1.csv');
    writeFileSync(csv, Buffer.from([HEADER, line(1, { city: 'Logroño' }), line(2, { surname: 'Smith' })].join('\n').replaceAll('í', 'i').replaceAll('ú', 'u').replaceAll('º', ''), 'latin1'));
    const result = await importCustomers(store, [csv]);
    expect(result.problems.map(({ line: at, column }) => [at, column])).toEqual([[2, 'surname'], [2, 'city']]);
    expect(result).toMatchObject({ imported: 1, skipped: 1, problemCount: 2 });
  });

  it('counts all problems and keeps the first thousand of each kind', async () => {
    const bad = Array.from({ length: 1500 }, () => line('x'));
    const result = await importCustomers(store, [file('bad.csv', HEADER, ...Array<string>(1200).fill(line(1)), ...bad)]);
    expect(result).toMatchObject({ imported: 1, replaced: 1199, skipped: 1500, problemCount: 2699 });
    expect(result.problems.filter((problem) => problem.kind === 'duplicate')).toHaveLength(1000);
    expect(result.problems.filter((problem) => problem.kind === 'row')).toHaveLength(1000);
  });

  it('tells how far it is, in bytes of all files', async () => {
    const files = [file('one.csv', HEADER, ...Array.from({ length: 1000 }, (_, id) => line(id))), file('two.csv', HEADER, line(1))];
    const heard: { bytesRead: number; totalBytes: number }[] = [];
    await importCustomers(store, files, { onProgress: (progress) => heard.push(progress) });
    expect(heard.length).toBeGreaterThan(3);
    expect(heard.at(-1)!.bytesRead).toBe(heard[0]!.totalBytes);
    expect(heard.every(({ bytesRead }, i) => bytesRead > (heard[i - 1]?.bytesRead ?? 0))).toBe(true);
  });

  it('ends with the error of a store that fails only once, and makes good when it is repeated', async () => {
    const csv = file('good.csv', HEADER, ...Array.from({ length: 3000 }, (_, id) => line(id)));
    let saves = 0;
    const flaky = Object.create(store, {
      save: {
        value: (customers: readonly Customer[]) =>
          ++saves === 2 ? Promise.reject(new CustomersUnavailable('the disk is full')) : store.save(customers),
      },
    }) as LibsqlCustomerStore;
    await expect(importCustomers(flaky, [csv])).rejects.toBeInstanceOf(CustomersUnavailable);
    expect(saves).toBe(2);
    expect(await importCustomers(flaky, [csv])).toMatchObject({ imported: 3000, skipped: 0, unreadable: 0 });
    expect(await store.count()).toBe(3000);
  });

  it('leaves no half of a file when an export fails', async () => {
    async function* failing(): AsyncGenerator<readonly Customer[]> {
      yield [customerExample(1)];
      throw new Error('no more');
    }
    const csv = file('kept.csv', 'old');
    await expect(writeCustomersCsv(csv, failing())).rejects.toThrow(`cannot write ${csv}: no more`);
    await expect(writeCustomersCsv(join(dir, 'absent', 'x.csv'), pages([]))).rejects.toThrow('ENOENT');
    expect((await importCustomers(store, [csv])).problems[0]?.reason).toContain('unknown columns "old"');
  });
});
