import { USUAL_WRITINGS } from '../../test/support/random-readings.js';
import { parseReading } from './reading-format.js';
import { pastUsualValues, usualId } from './usual-reading.js';

describe('pastUsualValues', () => {
  it.each(USUAL_WRITINGS)('knows %s', (text) => {
    const bytes = Buffer.from(text);
    expect(pastUsualValues(bytes, 0)).toBe(bytes.length - 1);
    expect(usualId[0]).toBe(42_959);
  });

  it.each(USUAL_WRITINGS)('is not sure of %s with any other byte in any place, unless it is still a normal reading', (text) => {
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
