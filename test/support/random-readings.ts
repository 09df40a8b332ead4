export type Random = (bound: number) => number;

/** A generator of numbers below `bound` that a seed determines (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

export const pick = <T>(random: Random, from: readonly T[]): T => from[random(from.length)]!;

const NAMES = ['id', 'movement', 'smoke', 'temperature', 'maxTemperature'];
const SPACES = ['', '', '', ' ', '\n', '\t ', '\r\n', '    '];
const MONTHS = ['01', '02', '03', '10', '12'];

function tenths(value: number): string {
  return (value / 10).toFixed(1);
}

/** The five values of a plain normal reading, as they are written without quotes. */
export function normalValues(random: Random): string[] {
  const max = random(3) === 0 ? random(600) - 200 : 300;
  const temperature = max - random(400);
  const isWhole = max % 10 === 0 && random(4) === 0;
  return [String(random(4) === 0 ? random(2_147_483_647) : random(100_000)), 'false', 'false', tenths(temperature), isWhole ? String(max / 10) : tenths(max)];
}

/** A normal reading in any of its forms, spaced as one program writes it, or anyhow. */
export function writeReading(random: Random, values: readonly string[], optional: readonly string[]): string {
  // Spaces anywhere, or as one program writes them: behind commas, behind colons.
  const isAnyhow = random(2) === 0;
  const [behindComma, behindColon] = [random(2) === 0 ? ' ' : '', random(2) === 0 ? ' ' : ''];
  const space = (): string => (isAnyhow ? pick(random, SPACES) : '');
  const [comma, colon] = [() => `${space()},${isAnyhow ? space() : behindComma}`, () => `${space()}:${isAnyhow ? space() : behindColon}`];
  const mode = random(3); // 0 as strings, 1 natively, 2 mixed
  const written = values.map((value) => (mode === 0 || (mode === 2 && random(2) === 0) ? `"${value}"` : value));
  const form = optional.length > 0 ? 2 : random(3);
  const parts = form === 2 ? [...written.map((value, index) => `"${NAMES[index]}"${colon()}${value}`), ...optional] : written;
  const [open, close] = form === 1 ? ['[', ']'] : ['{', '}'];
  return `${space()}${open}${space()}${parts.reduce((text, part) => `${text}${comma()}${part}`)}${space()}${close}${space()}`;
}

export function optionalFields(random: Random): string[] {
  const fields: string[] = [];
  if (random(3) > 0) return fields;
  if (random(2) === 0) fields.push(`"messageId":"m-${random(1_000_000)} {}[],:"`);
  if (random(2) === 0) fields.push(`"at" : "2026-${pick(random, MONTHS)}-${10 + random(19)}T${10 + random(14)}:${10 + random(50)}:${10 + random(50)}${pick(random, ['', '.5', '.123456789'])}Z"`);
  return fields;
}

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

/** Every writing that is taken for usual: spaces behind commas and colons, quotes, the three forms. */
export const USUAL_WRITINGS: readonly string[] = [...new Set(WRITINGS)];
