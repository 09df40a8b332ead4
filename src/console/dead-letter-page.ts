import type { DeadLetter } from '../ingestion/dead-letters.js';
import { badFields } from './problem.js';
import type { DeadLetterListQuery } from './request-schemas.js';
import type { DeadLetterList } from './response-schemas.js';

/** A page of dead letters, the last of `letters` first; at most a page of them is held. Thrown: `RequestRefused` with 400 for a bad cursor. */
export async function deadLetterPage(letters: AsyncIterable<DeadLetter>, query: DeadLetterListQuery): Promise<DeadLetterList> {
  const { status, limit, cursor } = query;
  const page: DeadLetter[] = [];
  let total = 0;
  let isPastCursor = false;
  for await (const letter of letters) {
    if (status !== undefined && letter.status !== status) continue;
    total += 1;
    if (isPastCursor) continue;
    page.push(letter);
    if (page.length > limit + 1) page.shift();
    isPastCursor = letter.id === cursor;
  }
  if (cursor !== undefined && !isPastCursor) throw badFields([{ field: 'cursor', detail: 'not a cursor that this list gave as its next' }]);
  page.reverse();
  return { items: page.slice(0, limit).map(toItem), next: page[limit]?.id ?? null, total };
}

function toItem({ value, headers, ...letter }: DeadLetter): DeadLetterList['items'][number] {
  return { ...letter, valueBase64: value?.toString('base64') ?? null, headers: { ...headers } };
}
