import type { FastifyReply } from 'fastify';
import { badFields, RequestRefused } from './problem.js';

/** The answer, with its version as entity tag: `3` → `"3"`. */
export function tagged<T extends { readonly version: number }>(reply: FastifyReply, answer: T): T {
  reply.header('ETag', `"${answer.version}"`);
  return answer;
}

/** For the API's description. */
export const IF_MATCH = { name: 'If-Match', required: true, description: 'the version that was read, as an entity tag; 412 when it is another by now, 428 without' } as const;

const TAG_LIST = /^\s*(?:W\/)?"[^"]*"\s*(?:,\s*(?:W\/)?"[^"]*"\s*)*$/;

/**
 * The versions that an `If-Match` header takes, null for `*`. A tag that is weak or none of ours is equal to no version.
 * Thrown: `RequestRefused` with 428 without the header, with 400 when it has no entity tag. Source: RFC 9110, 13.1.1; RFC 6585, 3.
 */
export function expectedVersions(ifMatch: string | undefined): readonly number[] | null {
  if (ifMatch === undefined || ifMatch.trim() === '') {
    throw new RequestRefused(428, 'If-Match: missing; expected the ETag (the version) of what the command is about, as it was read');
  }
  if (ifMatch.trim() === '*') return null;
  if (!TAG_LIST.test(ifMatch)) throw badFields([{ field: 'If-Match', detail: 'expected an entity tag such as "3"' }]);
  return [...ifMatch.matchAll(/(W\/)?"(\d{1,15})"/g)].flatMap(([, weak, digits]) => (weak === undefined ? [Number(digits)] : []));
}
