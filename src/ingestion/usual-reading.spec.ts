import { parseReading } from './reading-format.js';
import { pastUsualValues, usualId } from './usual-reading.js';

/** Every writing that is taken for usual: spaces behind commas and colons, quotes, the three forms. */
const WRITINGS = ['', ' '].flatMap((space) =>
  ['', ' '].flatMap((apart) =>
    ['', '"'].flatMap((quote) => {
      const [word, id, is, max] = [`${quote}false${quote}`, `${quote}42959${quote}`, `${quote}-25.5${quote}`, `${quote}30${quote}`];
      const values = [id, word, word, is, max].join(`,${space}`);
      const fields = ['id', 'movement', 'smoke', 'temperature', 'maxTemperature'].map((name, i) => `"${name}":${apart}${[id, word, word, is, max][i]}`).join(`,${space}`);
      return [`{${values}}`, `[${values}]`, `{${fields}}`];
    }),
  ),
);

describe('pastUsualValues', () => {
  it.each([...new Set(WRITINGS)])('knows %s', (text) => {
    const bytes = Buffer.from(text);
    expect(pastUsualValues(bytes, 0)).toBe(bytes.length - 1);
    expect(usualId[0]).toBe(42_959);
  });

  it.each([...new Set(WRITINGS)])('is not sure of %s with any other byte in any place, unless it is still a normal reading', (text) => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length - 1; at += 1) {
      const original = bytes[at]!;
      for (let byte = 0; byte < 256; byte += 1) {
        if (byte === original) continue;
        bytes[at] = byte;
        const end = pastUsualValues(bytes, 0);
        if (end !== bytes.length - 1) continue;
        const parsed = parseReading(Buffer.from(bytes));
        // The opening and the closing are for the caller to compare.
        const isOpeningChanged = at === 0;
        if (!isOpeningChanged && (!parsed.ok || parsed.reading.movement || parsed.reading.smoke || parsed.reading.temperatureCelsius > parsed.reading.maxTemperatureCelsius)) {
          throw new Error(`sure of ${bytes.toString('latin1')}`);
        }
      }
      bytes[at] = original;
    }
  });
});
