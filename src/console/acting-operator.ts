import type { Identity } from '../access/user-role.js';
import { badFields, RequestRefused } from './problem.js';

/** In whose name a command is: of who has logged in and of nobody else; where there are no accounts, of whom it says. */
export function actingOperator(identity: Identity | null, given: string | undefined): string {
  const name = identity?.name ?? null;
  if (name !== null) {
    if (given !== undefined && given !== name) throw new RequestRefused(403, `operator is ${JSON.stringify(given)}, but you are logged in as ${name}`);
    return name;
  }
  if (given === undefined) throw badFields([{ field: 'operator', detail: 'expected an operator\'s id: nobody is logged in' }]);
  return given;
}
