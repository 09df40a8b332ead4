import { csvLine } from './csv.js';

describe('a line of CSV', () => {
  it('quotes what needs it', () => {
    expect(csvLine(['a,b', 'say "no"', 'two\nlines', 7, null, 'plain'])).toBe('"a,b","say ""no""","two\nlines",7,,plain\r\n');
  });

  it.each(['=cmd()', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '\r=1', '\uFF1Dcmd()'])('gives the text %j no chance to be a formula', (text) => {
    expect(csvLine([text]).replace(/^"/, '').startsWith("'")).toBe(true);
  });

  it('leaves numbers and other texts as they are', () => {
    expect(csvLine([-1.5, 'a=b', "O'Neil"])).toBe("-1.5,a=b,O'Neil\r\n");
  });
});
