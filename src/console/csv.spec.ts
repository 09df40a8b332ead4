import { csvLine } from './csv.js';

describe('a line of CSV', () => {
  it('quotes what needs it', () => {
    expect(csvLine(['a,b', 'say "no"', 'two\nlines', 7, null, 'plain'])).toBe('"a,b","say ""no""","two\nlines",7,,plain\r\n');
  });

  it.each(['=cmd()', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '\r=1', '\uFF1Dcmd()'])('gives the text %j no chance to be a formula', (text) => {
    expect(csvLine([text]).replace(/^"/, '').startsWith("'")).toBe(true);
  });

  it.each([
    ['Ana;=cmd()', "Ana;'=cmd()"],
    ['a\t=1', "a\t'=1"],
    ['a| @SUM(A1);b;-1', "a|' @SUM(A1);b;'-1"],
    ['two\n=1', '"two\n\'=1"'],
  ])('gives %j no chance where another separator is in use', (text, line) => {
    expect(csvLine([text])).toBe(`${line}\r\n`);
  });

  it('leaves numbers and other texts as they are', () => {
    expect(csvLine([-1.5, 'a=b; c', "O'Neil"])).toBe("-1.5,a=b; c,O'Neil\r\n");
  });
});
