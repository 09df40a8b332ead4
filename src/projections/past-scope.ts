/** Of what a list of the past is to be, and how many are given of it. */
export interface PastScope {
  readonly zone?: string | undefined;
  /** A geohash prefix. */
  readonly cell?: string | undefined;
  readonly limit: number;
}

/** Whether something is in a cell; without one everything is, and what has no place is in none. */
export function isIn({ geohash }: { readonly geohash: string | null }, cell: string | undefined): boolean {
  return cell === undefined || (geohash?.startsWith(cell) ?? false);
}
