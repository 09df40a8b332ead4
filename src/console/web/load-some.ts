import { getJson, queryOf } from './api.js';

/** The first part of a list of the server. */
export interface Some<Item> {
  readonly items: readonly Item[];
  /** How many there are, loaded or not. */
  readonly total: number;
}

interface Page<Item> extends Some<Item> {
  readonly next: string | null;
}

/** As many as the server gives at once. */
const PAGE = 500;

/** The first `most` of a list, page by page. Thrown: as by `getJson`. */
export async function loadSome<Item>(path: string, parameters: Parameters<typeof queryOf>[0], most: number): Promise<Some<Item>> {
  const items: Item[] = [];
  let cursor: string | null = null;
  for (;;) {
    const query = queryOf({ ...parameters, limit: Math.min(PAGE, most - items.length), cursor });
    const page: Page<Item> = await getJson<Page<Item>>(`${path}${query}`);
    items.push(...page.items);
    cursor = page.next;
    if (cursor === null || items.length >= most) return { items, total: page.total };
  }
}
