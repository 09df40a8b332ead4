/** What was looked at, and what was found. */
export interface Check {
  readonly name: string;
  /** Empty when the check holds; else what differs. */
  readonly differences: readonly string[];
  /** The figures behind it. */
  readonly figures: string;
}

export function check(name: string, figures: string, differences: readonly string[]): Check {
  return { name, figures, differences: differences.filter((difference) => difference !== '') };
}

export function differs(what: string, got: number, expected: number): string {
  return got === expected ? '' : `${what}: ${got}, expected ${expected}`;
}

export function countEach(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

export function compareCounts(given: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): string[] {
  const keys = new Set([...given.keys(), ...expected.keys()]);
  return [...keys].map((key) => differs(key, given.get(key) ?? 0, expected.get(key) ?? 0)).filter((difference) => difference !== '');
}

export function minuteOf(time: string): string {
  return new Date(Math.floor(Date.parse(time) / 60_000) * 60_000).toISOString();
}
