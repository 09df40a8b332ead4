import { isNormalReading, normalReadingId } from './normal-reading.js';

function isNormal(text: string): boolean {
  const bytes = Buffer.from(text);
  return isNormalReading(bytes, 0, bytes.length);
}

const OBJECT = '{"id":42959,"movement":false,"smoke":false,"temperature":25.5,"maxTemperature":30.0';

describe('isNormalReading', () => {
  it.each([
    '{"42959", "false", "false", "25.5", "30.0"}',
    '{"042959","false","false","25.5","30.0"}',
    '{42959,false,false,25.5,30}',
    '["42959", "false", "false", "25.5", "30.0"]',
    '[42959,false,false,-25.5,-0]',
    ' [ 0 ,\r\n"false"\t, false , "30" , 30.000 ] \n',
    '{"2147483647","false","false","0.1","0.10"}',
    '{"1","false","false","23.400000000000","23.4"}',
    `${OBJECT}}`,
    '{"id":"42959","movement":"false","smoke":"false","temperature":"25.5","maxTemperature":"30.0"}',
    '{\n  "id": 42959,\n  "movement": false,\n  "smoke": false,\n  "temperature": 25.5,\n  "maxTemperature": 30\n}\n',
    `${OBJECT},"messageId":"m-1 {}[],:"}`,
    `${OBJECT} , "messageId" : "${'x'.repeat(200)}" , "at" : "2026-03-01T12:00:00Z" } `,
    `${OBJECT},"at":"2026-10-30T23:59:59.123456Z"}`,
  ])('recognises %s', (text) => {
    expect(isNormal(text)).toBe(true);
  });

  it.each([
    ['movement', '{"1", "true", "false", "25.5", "30.0"}'],
    ['smoke', '["1","false","true","25.5","30.0"]'],
    ['heat', '{"1", "false", "false", "30.1", "30.0"}'],
    ['heat by the last digit', '{"1", "false", "false", "30.0000000000001", "30.0"}'],
    ['less cold than its maximum', '[1,false,false,-1,-2]'],
    ['an id beyond int32', '{"2147483648","false","false","1","2"}'],
    ['a native id with leading zeros', '[042959,false,false,1,2]'],
    ['a negative id', '["-1","false","false","1","2"]'],
    ['an exponent', '[1,false,false,1e1,2]'],
    ['more digits than a double has', '[1,false,false,1.000000000000000001,2]'],
    ['a leading zero', '[1,false,false,01,2]'],
    ['a dot without digits', '[1,false,false,1.,2]'],
    ['four values', '{"1","false","false","1"}'],
    ['six values', '[1,false,false,1,2,3]'],
    ['a bracket that does not match', '[1,false,false,1,2}'],
    ['nothing', ''],
    ['one bracket', '['],
    ['two readings', '[1,false,false,1,2][1,false,false,1,2]'],
    ['a quote that is not closed', '["1,false,false,1,2]'],
    ['another order of fields', '{"movement":false,"id":1,"smoke":false,"temperature":1,"maxTemperature":2}'],
    ['a further field', `${OBJECT},"battery":3}`],
    ['an empty messageId', `${OBJECT},"messageId":""}`],
    ['a messageId that is too long', `${OBJECT},"messageId":"${'x'.repeat(201)}"}`],
    ['an escape', `${OBJECT},"messageId":"\\n"}`],
    ['a letter beyond ASCII', `${OBJECT},"messageId":"é"}`],
    ['a day that is not on the calendar', `${OBJECT},"at":"2026-02-29T12:00:00Z"}`],
    ['hour 24', `${OBJECT},"at":"2026-03-01T24:00:00Z"}`],
    ['a time without zone', `${OBJECT},"at":"2026-03-01T12:00:00"}`],
    ['at before messageId', `${OBJECT},"at":"2026-03-01T12:00:00Z","messageId":"m"}`],
    ['a byte order mark', `\uFEFF${OBJECT}}`],
  ])('is not sure of %s', (_name, text) => {
    expect(isNormal(text)).toBe(false);
  });

  it('looks at nothing outside of its bounds', () => {
    const text = '{"7","false","false","1","2"}';
    const bytes = Buffer.from(`]}1${text}  {"8`);
    const end = 3 + text.length;
    expect(isNormalReading(bytes, 3, end)).toBe(true);
    expect(isNormalReading(bytes, 3, end + 2)).toBe(true);
    for (let cut = 3; cut < end; cut += 1) expect(isNormalReading(bytes, 3, cut)).toBe(false);
    for (let start = 0; start < 3; start += 1) expect(isNormalReading(bytes, start, end)).toBe(false);
    expect(isNormalReading(bytes, 3, end + 3)).toBe(false);
  });
});

describe('normalReadingId', () => {
  it.each([
    ['{"042959","false","false","1","2"}', 42959],
    ['[0,false,false,1,2]', 0],
    [`${OBJECT},"messageId":"m"}`, 42959],
    ['[7,true,false,1,2]', -1],
    ['{"7","false","false","1","2"', -1],
    ['', -1],
  ])('of %s is %d', (text, id) => {
    const bytes = Buffer.from(text);
    expect(normalReadingId(bytes, 0, bytes.length)).toBe(id);
  });
});
