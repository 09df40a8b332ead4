import { Random } from '../../../src/cli/simulator/random.js';
import { isNormalReading } from '../../../src/ingestion/normal-reading.js';
import { parseReading } from '../../../src/ingestion/reading-format.js';
import { parseRecord } from '../verifier/reference-parser.js';
import { drawHostile } from './draw-hostile.js';

const CASES = 20_000;

/** What the product reads in a message, in the reference's words; null when it is refused. */
function read(bytes: Buffer) {
  const parsed = parseReading(bytes);
  if (!parsed.ok) return null;
  const { movement, smoke, temperatureCelsius, maxTemperatureCelsius, sensorId } = parsed.reading;
  const isAbnormal = { motion: movement, smoke, temperature: temperatureCelsius > maxTemperatureCelsius };
  return { sensorId, abnormal: Object.entries(isAbnormal).flatMap(([type, is]) => (is ? [type] : [])), messageId: parsed.messageId, atMs: parsed.sensorAtMs };
}

describe('hostile messages', () => {
  it('are read, or refused, as an independent reader of the same forms does; the scan of normal readings takes none for one that is not', () => {
    let taken = 0;
    for (let index = 0; index < CASES; index += 1) {
      const bytes = drawHostile(Random.seeded(`hostile ${index}`), 'ENTRY', 7);
      const parsed = read(bytes);
      expect({ index, bytes: bytes.toString().slice(0, 300), parsed }).toEqual({ index, bytes: bytes.toString().slice(0, 300), parsed: parseRecord(bytes.toString('base64'), {}) });
      if (isNormalReading(bytes, 0, bytes.length)) expect({ index, abnormal: parsed?.abnormal }).toEqual({ index, abnormal: [] });
      if (parsed !== null) taken += 1;
    }
    // Some are well-formed, or nothing would be compared.
    expect(taken).toBeGreaterThan(CASES / 20);
  });
});
