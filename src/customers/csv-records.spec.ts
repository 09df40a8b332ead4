import fc from 'fast-check';
import { MAX_RECORD_CHARACTERS, readCsv, type CsvItem } from './csv-records.js';

/** Reads `csv` cut into pieces of `step` bytes. */
async function read(csv: string | Buffer, step = Infinity): Promise<CsvItem[]> {
  const bytes = Buffer.from(csv);
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, Math.min(bytes.length, at + step));
  }
  const items: CsvItem[] = [];
  for await (const batch of readCsv(pieces())) items.push(...batch);
  return items;
}

/** `["1: a|b", "2: bad"]`: line, then fields or that it is bad. */
function brief(items: readonly CsvItem[]): string[] {
  return items.map((item) => (item.type === 'bad' ? `${item.line}: bad` : `${item.line}: ${item.fields.join('|')}`));
}

describe('readCsv', () => {
  it.each<[string, string, string[]]>([
    ['LF, CRLF and CR, mixed', 'a,b\r\n1,2\n3,4\r5,6', ['1: a|b', '2: 1|2', '3: 3|4', '4: 5|6']],
    ['a byte order mark', '\ufeffa,b\n1,2\n', ['1: a|b', '2: 1|2']],
    ['empty lines', '\n\na,b\r\n\r\n1,2\n\n', ['3: a|b', '5: 1|2']],
    ['line breaks in quotes, kept as they are', 'a,b\n"x\r\ny\n\rz",2\n3,4\n', ['1: a|b', '2: x\r\ny\n\rz|2', '6: 3|4']],
    ['quotes, commas and emptiness in quotes', '"a ""b"" c","d,e","",\n', ['1: a "b" c|d,e||']],
    ['spaces, kept', ' a , b \n', ['1:  a | b ']],
    ['UTF-8 of 2, 3 and 4 bytes', 'ñ,中,𝄞\n', ['1: ñ|中|𝄞']],
    ['nothing', '', []],
    ['only a byte order mark', '\ufeff', []],
  ])('reads %s, however the bytes are cut', async (_, csv, expected) => {
    for (const step of [Infinity, 1, 2, 3, 5]) expect(brief(await read(csv, step))).toEqual(expected);
  });

  it.each<[string, string, string[]]>([
    ['a quote inside a field', 'a,b\n1,x"y\n3,4\n5,6\n', ['1: a|b', '2: bad', '3: 3|4', '4: 5|6']],
    ['two lines with a quote inside a field', 'a,b\n1,x"y\n3,4\n5,z"w\n7,8\n', ['1: a|b', '2: bad', '3: 3|4', '4: bad', '5: 7|8']],
    ['text after a closing quote', 'a,b\n1,"6"7\n3,4\n', ['1: a|b', '2: bad', '3: 3|4']],
    ['a quote that is never closed', 'a,b\n1,"2\n3,4\n5,6\n', ['1: a|b', '2: bad', '3: 3|4', '4: 5|6']],
    ['a quote that is never closed, before good ones', 'a,b\n1,"2\n3,"4"\n5,"6,7"\n', ['1: a|b', '2: bad', '3: 3|4', '4: 5|6,7']],
  ])('passes over %s and reads on in the next line', async (_, csv, expected) => {
    for (const step of [Infinity, 1, 3]) expect(brief(await read(csv, step))).toEqual(expected);
  });

  it('tells where a record of several lines ends', async () => {
    expect(await read('a\n"1\n2\n3"\n')).toContainEqual({ type: 'record', line: 2, lastLine: 4, fields: ['1\n2\n3'] });
  });

  it('passes over a line that is too long without keeping it, and looks only so far for a closing quote', async () => {
    const long = 'x'.repeat(MAX_RECORD_CHARACTERS + 1);
    for (const step of [65_536, Infinity]) {
      expect(brief(await read(`a\n${long}\r\n2\n${long}`, step))).toEqual(['1: a', '2: bad', '3: 2', '4: bad']);
    }
    const even = `${'y'.repeat(1000)}\n`.repeat(1100);
    const items = await read(`a,b\n1,"2\n${even}3,4"\n5,6\n`, 65_536);
    expect(brief(items.filter((item) => item.type === 'bad'))).toEqual(['2: bad', '1103: bad']);
    expect(items).toHaveLength(1 + 1100 + 2 + 1);
  });

  it('gives back what was written as RFC 4180 has it', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', ' ', 'ñ', '𝄞', '=', '\0'), maxLength: 8 });
    const records = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(records, fc.constantFrom('\n', '\r\n', '\r'), fc.integer({ min: 1, max: 50 }), async (rows, lineBreak, step) => {
        const csv = rows.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(',') + lineBreak).join('');
        expect((await read(csv, step)).map((item) => (item.type === 'record' ? item.fields : item))).toEqual(rows);
      }),
      { numRuns: 200 },
    );
  });

  it('stays fast when every line is bad', async () => {
    const items = await read('a,"b"c\n'.repeat(20_000), 65_536);
    expect(items).toHaveLength(20_000);
    expect(items.every((item) => item.type === 'bad')).toBe(true);
  });
});
