import { parse } from 'csv-parse/sync';
import { NASTY_TEXTS } from './draw-hostile.js';
import { importable, nastyCustomers } from './nasty-customers.js';

describe('nasty customers', () => {
  it('have each text in each column that takes texts', () => {
    const rows = parse<Record<string, string>>(nastyCustomers(1), { columns: true });
    const texts = new Set(NASTY_TEXTS.map(importable));
    for (const column of Object.keys(rows[0]!)) {
      if (['id', 'latitude', 'longitude'].includes(column)) continue;
      expect({ column, texts: new Set(rows.map((row) => row[column])) }).toEqual({ column, texts });
    }
  });
});
