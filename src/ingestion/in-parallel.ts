/** Runs `work` for each item, at most `most` at a time; rejects with the first error once all that had begun have ended. */
export async function inParallel<T>(items: readonly T[], most: number, work: (item: T) => Promise<void>): Promise<void> {
  let index = 0;
  const lane = async (): Promise<void> => {
    while (index < items.length) {
      const item = items[index] as T;
      index += 1;
      await work(item);
    }
  };
  await allEnded(Array.from({ length: Math.min(most, items.length) }, lane));
}

/** Rejects with the first error, but only once all have ended: nothing goes on beside the next attempt. */
export async function allEnded(works: readonly Promise<void>[]): Promise<void> {
  for (const end of await Promise.allSettled(works)) if (end.status === 'rejected') throw end.reason;
}
