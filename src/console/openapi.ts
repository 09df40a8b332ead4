import { z } from 'zod';
import { SESSION_COOKIE } from '../access/access-control.js';
import { isAllowed, type Access } from '../access/user-role.js';
import { problem } from './response-schemas.js';
import { accessOf } from './route-access.js';

/** A schema as OpenAPI has it, without references. */
function toOpenApi(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'output', reused: 'inline' });
}

/** The content of an answer that is not of type application/json. */
export function contentOf(mediaType: string, schema: z.ZodType): Record<string, { schema: object }> {
  return { [mediaType]: { schema: toOpenApi(schema) } };
}

/** Where an operation says whom it answers. */
export const ACCESS_EXTENSION = 'x-access';

/** What a browser and a machine log in with. */
const SECURITY_SCHEMES = {
  session: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE, description: 'the cookie that POST /api/session gives' },
  token: { type: 'http', scheme: 'bearer', description: 'a token that `vigia users add --token` gave' },
};

interface Document {
  readonly paths: Readonly<Record<string, object>>;
  readonly components?: { schemas?: Record<string, object>; securitySchemes?: Record<string, object> };
}

/** Says of every operation whom it answers, and that any other status comes with Problem Details. */
export function describeProblems<T extends Document>(document: T): T {
  const schema = { $ref: '#/components/schemas/Problem' };
  const answer = { description: 'Problem Details', content: { 'application/problem+json': { schema } } };
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path) as { responses?: Record<string, unknown>; security?: object[]; [ACCESS_EXTENSION]?: Access }[]) {
      const isForAnyone = isAllowed(null, accessOf({ access: operation[ACCESS_EXTENSION] }));
      operation.security = isForAnyone ? [] : Object.keys(SECURITY_SCHEMES).map((name) => ({ [name]: [] }));
      if (operation.responses) operation.responses['default'] = answer;
    }
  }
  const { schemas } = document.components ?? {};
  return { ...document, components: { ...document.components, schemas: { ...schemas, Problem: toOpenApi(problem) }, securitySchemes: SECURITY_SCHEMES } };
}
