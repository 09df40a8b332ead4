import fc from 'fast-check';
import { parseReading, type ParsedReading } from './reading-format.js';

const READING = { sensorId: 42959, movement: true, smoke: false, temperatureCelsius: 25.5, maxTemperatureCelsius: 30 };

/** The object form with some fields replaced by JSON text; null leaves a field out. */
function objectForm(changes: Record<string, string | null> = {}): string {
  const fields: Record<string, string | null> = { id: '42959', movement: 'true', smoke: 'false', temperature: '25.5', maxTemperature: '30.0', ...changes };
  const written = Object.entries(fields).filter(([, value]) => value !== null);
  return `{${written.map(([name, value]) => `"${name}":${value}`).join(',')}}`;
}

function problemOf(parsed: ParsedReading) {
  if (parsed.ok) throw new Error(`expected a problem, got ${JSON.stringify(parsed)}`);
  return parsed.problem;
}

describe('parseReading: the three forms', () => {
  it.each([
    ['the literal form as the source prints it', '{"42959", "true", "false", "25.5", "30.0"}'],
    ['the literal form with native values', '{42959,true,false,25.5,30}'],
    ['the literal form over several lines', '\r\n{ "42959" ,\n\t"true",\n"false",\n25.5 , "30.0"\n}\n'],
    ['an array of strings', '["42959","true","false","25.5","30.0"]'],
    ['an array of native values', ' [ 42959 , true , false , 2.55e1 , 30 ] '],
    ['an object with native values', objectForm()],
    ['an object with strings', '{"id":"42959","movement":"true","smoke":"false","temperature":"25.5","maxTemperature":"30.0"}'],
    ['an object in another order, with further fields', '{"battery":{"volts":[3.1,null]},"maxTemperature":30,"temperature":25.5,"smoke":false,"movement":true,"id":42959,"__proto__":{"id":1},"battery":2}'],
    ['an object whose field names are escaped', '{"\\u0069d":42959,"movement":true,"smoke":false,"temperature":25.5,"maxTemperature":30}'],
    ['an id with leading zeros in a string', '{"042959", "true", "false", "25.5", "30.0"}'],
    ['a byte order mark', '\uFEFF["42959","true","false","25.5","30.0"]'],
  ])('reads %s', (_name, text) => {
    const expected = { ok: true, reading: READING, messageId: null, sensorAtMs: null };
    expect(parseReading(Buffer.from(text))).toEqual(expected);
    expect(parseReading(text)).toEqual(expected);
  });

  it('reads messageId and at', () => {
    const parsed = parseReading(objectForm({ messageId: '"m-\\u00e9 1"', at: '"2026-03-01T12:00:00+01:00"' }));
    expect(parsed).toEqual({ ok: true, reading: READING, messageId: 'm-é 1', sensorAtMs: Date.parse('2026-03-01T11:00:00Z') });
  });

  it('takes null for an absent messageId and at', () => {
    expect(parseReading(objectForm({ messageId: 'null', at: 'null' }))).toMatchObject({ ok: true, messageId: null, sensorAtMs: null });
  });

  it('takes the limits of int32', () => {
    expect(parseReading(objectForm({ id: '2147483647' }))).toMatchObject({ reading: { sensorId: 2_147_483_647 } });
    expect(parseReading(objectForm({ id: '0' }))).toMatchObject({ reading: { sensorId: 0 } });
  });
});

describe('parseReading: bad values are 422 and name their field', () => {
  it.each([
    ['id', { id: '-1' }], ['id', { id: '1.5' }], ['id', { id: '1.0' }], ['id', { id: '1e3' }], ['id', { id: '2147483648' }], ['id', { id: '99999999999999999999' }],
    ['id', { id: '042959' }], ['id', { id: '""' }], ['id', { id: '" 1"' }], ['id', { id: '"-1"' }], ['id', { id: 'true' }], ['id', { id: 'null' }], ['id', { id: '[1]' }], ['id', { id: null }],
    ['movement', { movement: '1' }], ['movement', { movement: '"TRUE"' }], ['movement', { movement: 'True' }], ['movement', { movement: 'null' }], ['movement', { movement: null }],
    ['smoke', { smoke: '"no"' }], ['smoke', { smoke: '{}' }], ['smoke', { smoke: null }],
    ['temperature', { temperature: 'NaN' }], ['temperature', { temperature: '"NaN"' }], ['temperature', { temperature: 'Infinity' }], ['temperature', { temperature: '-Infinity' }],
    ['temperature', { temperature: '1e999' }], ['temperature', { temperature: '"1e999"' }], ['temperature', { temperature: '"025.5"' }], ['temperature', { temperature: '025.5' }],
    ['temperature', { temperature: '"25,5"' }], ['temperature', { temperature: '".5"' }], ['temperature', { temperature: '"5."' }], ['temperature', { temperature: '"+5"' }], ['temperature', { temperature: '"0x1F"' }],
    ['temperature', { temperature: '""' }], ['temperature', { temperature: '" 5"' }], ['temperature', { temperature: 'false' }], ['temperature', { temperature: null }],
    ['maxTemperature', { maxTemperature: null }], ['maxTemperature', { maxTemperature: 'null' }], ['maxTemperature', { maxTemperature: '"Infinity"' }],
    ['messageId', { messageId: '""' }], ['messageId', { messageId: '17' }], ['messageId', { messageId: `"${'x'.repeat(201)}"` }], ['messageId', { messageId: '"\\ud800"' }],
    ['at', { at: '"yesterday"' }], ['at', { at: '"2026-03-01T12:00:00"' }], ['at', { at: '1772366400000' }], ['at', { at: '"2026-02-30T12:00:00Z"' }],
  ])('%s in %j', (field, changes) => {
    expect(problemOf(parseReading(objectForm(changes)))).toMatchObject({ status: 422, field });
  });

  it('says what it expected and what it got, in short', () => {
    expect(problemOf(parseReading(objectForm({ temperature: 'NaN' }))).detail).toBe('expected a finite number in degrees Celsius, got NaN');
    expect(problemOf(parseReading(objectForm({ movement: `"${'y'.repeat(5000)}"` }))).detail.length).toBeLessThan(100);
  });

  it.each([
    ['id', '[]'], ['id', '{}'], ['maxTemperature', '{"42959", "true", "false", "25.5"}'], ['movement', '["1"]'],
    ['temperature', '["1", "true", "false", "warm", "30"]'], ['movement', '{1, [true], false, 1, 2}'],
  ])('%s, which is wanting or bad in %s', (field, text) => {
    expect(problemOf(parseReading(text))).toMatchObject({ status: 422, field });
  });

  it('more than five values', () => {
    expect(problemOf(parseReading('[1,true,false,2,3,4]'))).toMatchObject({ status: 422, field: null });
  });

  it('a field given twice, of which readers would take either', () => {
    expect(problemOf(parseReading('{"id":1,"id":2,"movement":false,"smoke":false,"temperature":1,"maxTemperature":2}'))).toMatchObject({ status: 422, field: 'id' });
    expect(problemOf(parseReading('{"id":1,"\\u0069d":2,"movement":false,"smoke":false,"temperature":1,"maxTemperature":2}'))).toMatchObject({ status: 422, field: 'id' });
  });
});

describe('parseReading: what is of no form is 400', () => {
  it.each([
    '', '   ', 'hello', '42', 'null', '"{}"', '{', '[', '{"42959", "true", "false", "25.5", "30.0"', '["1","true","false","1","2"', '{"id":1,"movement"', '{"id":1,}', '["1",]',
    '{"42959" "true"}', '{id:1}', "{'id':1}", '{"id":1,"movement":true,"smoke":false,"temperature":1,"maxTemperature":2} x', '{"1","true","false","1","2"}{"1","true","false","1","2"}',
    '[1,true,false,1,2]\n[1,true,false,1,2]', '{"id":1;"movement":true}', '{"id":1,"extra":NaN}', '{"id":1,"extra":01}', '{"1","movement":true}', '{"a\nb":1}', '{"\\x":1}', '{"\\u12":1}', '{"id":1,"extra":}',
  ])('%j', (text) => {
    expect(problemOf(parseReading(Buffer.from(text)))).toMatchObject({ status: 400, field: null });
  });

  it('bytes that are not UTF-8, which are not replaced', () => {
    const bytes = Buffer.from(objectForm({ messageId: '"m-?"' }));
    bytes[bytes.indexOf('?')] = 0xff;
    expect(problemOf(parseReading(bytes))).toEqual({ status: 400, field: null, detail: 'the bytes are not UTF-8' });
  });

  it('a text with half of a surrogate pair', () => {
    expect(problemOf(parseReading(objectForm({ messageId: '"\ud800"' })))).toMatchObject({ status: 400 });
  });

  it('nesting that would exhaust the stack', () => {
    expect(problemOf(parseReading(objectForm({ extra: '['.repeat(30_000) + ']'.repeat(30_000) }))).detail).toMatch(/nested deeper than 32/);
    expect(problemOf(parseReading('['.repeat(60_000)))).toMatchObject({ status: 400 });
  });

  it('several readings, with word of how to send them', () => {
    expect(problemOf(parseReading('[1,true,false,1,2]\n[1,true,false,1,2]')).detail).toMatch(/application\/x-ndjson/);
  });
});

describe('parseReading: properties', () => {
  it('reads JSON objects with the values that JSON.parse reads', () => {
    const anyReading = fc.record({
      id: fc.integer({ min: 0, max: 2_147_483_647 }),
      movement: fc.boolean(),
      smoke: fc.boolean(),
      temperature: fc.double({ noDefaultInfinity: true, noNaN: true }),
      maxTemperature: fc.double({ noDefaultInfinity: true, noNaN: true }),
    });
    fc.assert(
      fc.property(anyReading, fc.jsonValue({ maxDepth: 5 }), fc.boolean(), (values, extra, isInStrings) => {
        const written = isInStrings ? Object.fromEntries(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)])) : values;
        const text = JSON.stringify({ extra, ...written }, null, 1);
        const { id, movement, smoke, temperature, maxTemperature } = JSON.parse(JSON.stringify(values)) as typeof values;
        const reading = { sensorId: id, movement, smoke, temperatureCelsius: temperature, maxTemperatureCelsius: maxTemperature };
        expect(parseReading(Buffer.from(text))).toEqual({ ok: true, reading, messageId: null, sensorAtMs: null });
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throws, whatever the bytes', () => {
    const pieces = fc.array(fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'u00', '1', '-', 'e', 'true', '"id"', '"at"', '"\\ud800"', ' ', '\n', '\u0000', 'é', '\uFEFF'), { maxLength: 40 });
    fc.assert(
      fc.property(fc.oneof(pieces.map((some) => Buffer.from(some.join(''))), fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))), (bytes) => {
        expect(typeof parseReading(bytes).ok).toBe('boolean');
      }),
      { numRuns: 20_000 },
    );
  });
});
