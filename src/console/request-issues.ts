import { badFields, type FieldProblem, type RequestRefused } from './problem.js';

/** What a schema says of a value it does not take; zod adds `code` and, for unknown ones, `keys`. */
interface Issue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
  readonly code?: string;
  readonly keys?: readonly string[];
}

/** The 400 for what the schemas found, naming every field. */
export function refuseIssues(issues: readonly Issue[]): RequestRefused {
  return badFields(issues.flatMap(toFieldProblems));
}

function toFieldProblems(issue: Issue): FieldProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((field) => ({ field, detail: 'is not known here; see /api/openapi.json' }));
  }
  const field = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
  return [{ field, detail: issue.message }];
}
