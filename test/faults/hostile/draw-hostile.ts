import type { Random } from '../../../src/cli/simulator/random.js';
import { drawBody } from '../simulation/draw-body.js';

/** What may do harm in an e-mail's header, line protocol, CQL, CSV, a log line, a page, a path or a prototype. */
export const NASTY_TEXTS: readonly string[] = [
  '\r\nBcc: thief@example.org\r\n\r\n', 'x,state=active value=1i\n', "'; DROP TABLE world.datosclientes; --", '=HYPERLINK("http://example.org")',
  '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', '../../etc/passwd', '%00', '\u0000', '\u202e', '\u2028', '\ufeff', 'ÅǺ', '👩‍🚀'.repeat(20), '\x1b[2J',
  '__proto__', 'constructor', 'toString', '${7*7}', '{{7*7}}', '\\', '\\\\"', 'a'.repeat(5000), '',
];

const NASTY_VALUES: readonly string[] = [
  '1e400', '-1e400', '1e-400', '-0', '0.0', '01', '+1', '.5', '5.', 'NaN', 'Infinity', '2147483647', '2147483648', '9'.repeat(400), '1e3', '7.0', '0x10', 'null', 'TRUE', '"true "',
  '"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"', '"\\uD83D\\uDE00"', '{}', '[]', '{"__proto__":{"id":7}}', `${'['.repeat(40)}${']'.repeat(40)}`, '"'.padEnd(300, 'x') + '"', '"1e3"', '"٣"', '"7\\n"',
];

const NASTY_BYTES: readonly Buffer[] = [Buffer.from([0xff]), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from([0xc0, 0x80]), Buffer.from([0]), Buffer.from('\r\n'), Buffer.from('"'), Buffer.from('\\'), Buffer.from('{'), Buffer.from(']'), Buffer.from(','), Buffer.from(':'), Buffer.from('\u2028'), Buffer.from('\ufeff')];

const FIELDS = ['id', 'movement', 'smoke', 'temperature', 'maxTemperature', 'messageId', 'at', '__proto__', 'constructor', 'ID'] as const;

function oneOf<Item>(random: Random, items: readonly Item[]): Item {
  return items[random.integer(0, items.length - 1)] as Item;
}

/** A message that someone may send by mistake or on purpose; the same for the same seed. */
export function drawHostile(random: Random, topic: 'ENTRY' | 'OK', sensorId: number): Buffer {
  const kind = random.integer(0, 5);
  if (kind === 0) return mutated(random, Buffer.from(drawBody(random, topic, sensorId)));
  if (kind === 1) return Buffer.from(objectOf(random, sensorId));
  if (kind === 2) return mutated(random, Buffer.from(objectOf(random, sensorId)));
  if (kind === 3) return Buffer.from(fiveOf(random, sensorId));
  if (kind === 4) return Buffer.from(nested(random, sensorId));
  return oneOf(random, [Buffer.alloc(0), Buffer.from(oneOf(random, NASTY_TEXTS)), Buffer.from(oneOf(random, NASTY_VALUES)), Buffer.from(Array.from({ length: random.integer(1, 200) }, () => random.integer(0, 255)))]);
}

function mutated(random: Random, bytes: Buffer): Buffer {
  let now = bytes;
  for (let times = random.integer(1, 4); times > 0; times -= 1) {
    const at = random.integer(0, now.length);
    const [before, after] = [now.subarray(0, at), now.subarray(at)];
    const how = random.integer(0, 3);
    if (how === 0) now = Buffer.concat([before, oneOf(random, NASTY_BYTES), after]);
    else if (how === 1) now = Buffer.concat([before, after.subarray(random.integer(0, 4))]);
    else if (how === 2) now = Buffer.concat([before, Buffer.from([random.integer(0, 255)]), after.subarray(1)]);
    else now = Buffer.concat([before, after.subarray(0, 10), after]);
  }
  return now;
}

function objectOf(random: Random, sensorId: number): string {
  const values = new Map<string, string>([['id', String(sensorId)], ['movement', 'true'], ['smoke', 'false'], ['temperature', '20'], ['maxTemperature', '30']]);
  if (random.fraction() < 0.5) values.set('messageId', JSON.stringify(oneOf(random, NASTY_TEXTS)));
  if (random.fraction() < 0.3) values.set('at', oneOf(random, ['"2026-02-30T00:00:00Z"', '"+275760-09-13T00:00:00Z"', '"0000-01-01T00:00Z"', '"2026-01-01T24:00:00Z"', '"2026-01-01T00:00:60Z"', '12', '""', 'null']));
  if (random.fraction() < 0.6) values.set(oneOf(random, FIELDS), oneOf(random, NASTY_VALUES));
  return `{${[...values].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}

function fiveOf(random: Random, sensorId: number): string {
  const values = [String(sensorId), 'true', 'false', '20', '30'];
  values[random.integer(0, 4)] = oneOf(random, NASTY_VALUES);
  if (random.fraction() < 0.1) values.push('1');
  return random.fraction() < 0.5 ? `[${values.join(',')}]` : `{${values.join(', ')}}`;
}

function nested(random: Random, sensorId: number): string {
  const depth = oneOf(random, [31, 32, 33, 1000, 20_000]);
  const inner = `${'['.repeat(depth)}${']'.repeat(depth)}`;
  return oneOf(random, [inner, '['.repeat(depth), '{"a":'.repeat(depth), `{"id":${sensorId},"movement":true,"smoke":false,"temperature":20,"maxTemperature":30,"more":${inner}}`]);
}
