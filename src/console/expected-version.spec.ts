import { expectedVersions } from './expected-version.js';
import type { RequestRefused } from './problem.js';

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

  const refusal = (header: string | undefined): unknown => {
    try {
      return expectedVersions(header);
    } catch (error) {
      return (error as RequestRefused).status;
    }
  };
  it.each([undefined, '', '  '])('missing (%j) is 428', (header) => expect(refusal(header)).toBe(428));

  it.each(['3', '"3', '"3" "4"', '*, "3"'])('unreadable (%s) is 400', (header) => expect(refusal(header)).toBe(400));
});
