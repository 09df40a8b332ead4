import { expectedVersions } from './expected-version.js';

describe('If-Match', () => {
  it.each([
    ['"3"', [3]],
    [' "3" ', [3]],
    ['"3", "14"', [3, 14]],
    ['W/"3"', []],
    ['W/"3","4"', [4]],
    ['"abc"', []],
    ['""', []],
    ['*', null],
  ])('%s', (header, expected) => expect(expectedVersions(header)).toEqual(expected));

  it.each([undefined, '', '  '])('missing (%j) is 428', (header) => expect(() => expectedVersions(header)).toThrow(expect.objectContaining({ status: 428 })));

  it.each(['3', '"3', '"3" "4"', '*, "3"'])('unreadable (%s) is 400', (header) => expect(() => expectedVersions(header)).toThrow(expect.objectContaining({ status: 400 })));
});
