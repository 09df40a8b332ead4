/** A cell as the map shows it: where its middle is, in pixels. */
export interface ShownCell {
  readonly geohash: string;
  readonly active: number;
  readonly x: number;
  readonly y: number;
}

/** Two cells whose middles are less apart are of one row. */
const ROW_PX = 0.5;

/**
 * The cell that a key leads to from another, null for a key that leads nowhere. Left and right go through all cells row by row, so that
 * each can be come to; up and down go to the nearest of the next row; page down and up go from one in alarm to the next, and around.
 */
export function cellAfter(key: string, from: string, cells: readonly ShownCell[]): string | null {
  const ordered = [...cells].sort((a, b) => (Math.abs(a.y - b.y) < ROW_PX ? a.x - b.x : a.y - b.y));
  const at = ordered.findIndex(({ geohash }) => geohash === from);
  const here = ordered[at];
  if (here === undefined) return null;
  switch (key) {
    case 'ArrowRight':
      return ordered[at + 1]?.geohash ?? null;
    case 'ArrowLeft':
      return ordered[at - 1]?.geohash ?? null;
    case 'ArrowDown':
      return nearest(here, ordered.slice(at).filter(({ y }) => y - here.y >= ROW_PX));
    case 'ArrowUp':
      return nearest(here, ordered.slice(0, at).reverse().filter(({ y }) => here.y - y >= ROW_PX));
    case 'Home':
      return ordered[0]?.geohash ?? null;
    case 'End':
      return ordered.at(-1)?.geohash ?? null;
    case 'PageDown':
      return firstInAlarm([...ordered.slice(at + 1), ...ordered.slice(0, at)]);
    case 'PageUp':
      return firstInAlarm([...ordered.slice(at + 1), ...ordered.slice(0, at)].reverse());
    default:
      return null;
  }
}

/** Of the first row of those given, the one with the least to go to the left or right. */
function nearest({ x }: ShownCell, beyond: readonly ShownCell[]): string | null {
  const row = beyond.filter(({ y }) => Math.abs(y - (beyond[0] as ShownCell).y) < ROW_PX);
  const [first] = row.sort((a, b) => Math.abs(a.x - x) - Math.abs(b.x - x));
  return first?.geohash ?? null;
}

function firstInAlarm(cells: readonly ShownCell[]): string | null {
  return cells.find(({ active }) => active > 0)?.geohash ?? null;
}
