import { z } from 'zod';
import { problem } from './response-schemas.js';

/** A schema as OpenAPI has it, without references. */
function toOpenApi(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'output', reused: 'inline' });
}

/** The content of an answer that is not of type application/json. */
export function contentOf(mediaType: string, schema: z.ZodType): Record<string, { schema: object }> {
  return { [mediaType]: { schema: toOpenApi(schema) } };
}

interface Document {
  readonly paths: Readonly<Record<string, object>>;
  readonly components?: { schemas?: Record<string, object> };
}

/** Says of every operation that any other status comes with Problem Details. */
export function describeProblems<T extends Document>(document: T): T {
  const schema = { $ref: '#/components/schemas/Problem' };
  const answer = { description: 'Problem Details', content: { 'application/problem+json': { schema } } };
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path) as { responses?: Record<string, unknown> }[]) {
      if (operation.responses) operation.responses['default'] = answer;
    }
  }
  return { ...document, components: { ...document.components, schemas: { ...document.components?.schemas, Problem: toOpenApi(problem) } } };
}
