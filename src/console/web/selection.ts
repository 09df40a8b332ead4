/** What is chosen after some are chosen too, or no longer. */
export function selectionWith(before: ReadonlySet<string>, ids: readonly string[], areIn: boolean): ReadonlySet<string> {
  const after = new Set(before);
  for (const id of ids) {
    if (areIn) after.add(id);
    else after.delete(id);
  }
  return after;
}
