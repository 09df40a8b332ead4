import { MUTATIONS } from './mutations.js';
import { simulateMutated } from './mutated-copy.js';

/** A protection whose loss nobody notices is not proven to be there. */
describe('the simulation notices the loss of', () => {
  it.each(MUTATIONS.map((mutation) => [mutation.removes, mutation] as const))('the %s', (_removes, mutation) => {
    const { exitCode, output } = simulateMutated(mutation, 200);
    expect(output).toMatch(/^seed \d+ fails$/m);
    expect(exitCode).toBe(1);
  }, 300_000);

  it('nothing, where an edit does not fit the source', () => {
    expect(() => simulateMutated({ edits: [{ file: 'src/clock.ts', find: 'no such text', replace: '' }] }, 1)).toThrow('src/clock.ts has 0 ×');
  });
});
