import fc from 'fast-check';
import { cellAfter, type ShownCell } from './cell-steps.js';

const shown = (geohash: string, x: number, y: number, active = 0): ShownCell => ({ geohash, x, y, active });

/** Three rows: `a b c`, `d e`, `f`; b and f are in alarm. */
const CELLS = [shown('f', 40, 50, 2), shown('a', 10, 10), shown('c', 30, 10.1), shown('b', 20, 10, 1), shown('e', 33, 30), shown('d', 12, 30)];

it.each([
  ['ArrowRight', 'a', 'b'],
  ['ArrowRight', 'c', 'd'],
  ['ArrowRight', 'f', null],
  ['ArrowLeft', 'd', 'c'],
  ['ArrowLeft', 'a', null],
  ['ArrowDown', 'a', 'd'],
  ['ArrowDown', 'c', 'e'],
  ['ArrowDown', 'd', 'f'],
  ['ArrowDown', 'f', null],
  ['ArrowUp', 'f', 'e'],
  ['ArrowUp', 'e', 'c'],
  ['ArrowUp', 'b', null],
  ['Home', 'e', 'a'],
  ['End', 'a', 'f'],
  ['PageDown', 'a', 'b'],
  ['PageDown', 'b', 'f'],
  ['PageDown', 'f', 'b'],
  ['PageUp', 'a', 'f'],
  ['PageUp', 'f', 'b'],
  ['Tab', 'a', null],
  ['ArrowRight', 'gone', null],
])('%s leads from %s to %s', (key, from, to) => {
  expect(cellAfter(key, from, CELLS)).toBe(to);
});

it('with nothing in alarm elsewhere, page down leads nowhere', () => {
  expect(cellAfter('PageDown', 'b', CELLS.filter(({ geohash }) => geohash !== 'f'))).toBeNull();
});

it('right comes from the first cell to every other, wherever they are', () => {
  const places = fc.uniqueArray(fc.record({ x: fc.integer({ min: 0, max: 20 }), row: fc.integer({ min: 0, max: 8 }) }), { selector: ({ x, row }) => `${x} ${row}`, minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(places, (all) => {
      const cells = all.map(({ x, row }, index) => shown(`n${index}`, x * 10, row * 7));
      const seen: string[] = [];
      for (let at = cellAfter('Home', 'n0', cells); at !== null; at = cellAfter('ArrowRight', at, cells)) seen.push(at);
      expect([...seen].sort()).toEqual(cells.map(({ geohash }) => geohash).sort());
    }),
  );
});
