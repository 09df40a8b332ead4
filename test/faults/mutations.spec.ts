import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MUTATIONS } from './mutations.js';
import { onMutatedCopy, simulateMutated } from './mutated-copy.js';
import { drawPlan, type Plan } from './simulation/plan.js';

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

describe('a seed that fails', () => {
  it('fails again in the same way, and shrinks to a small plan that fails like it when it is read from a file', () => {
    onMutatedCopy(MUTATIONS[0]!, (simulate) => {
      const { output } = simulate(['--seeds', '200', '--stop', '--shrink']);
      const [, seed = '', problem, promise] = /^seed (\d+) fails\n( {2}(P\d): .*)$/m.exec(output) ?? [];
      const [, json = ''] = /^(\{\n[^]*?\n\})$/m.exec(output) ?? [];
      const folder = mkdtempSync(join(tmpdir(), 'vigia-plan-'));
      const file = join(folder, 'plan.json');
      writeFileSync(file, json);
      const again = simulate(['--plan', file]);
      rmSync(folder, { recursive: true });
      expect((JSON.parse(json) as Plan).actions.length).toBeLessThan(drawPlan(seed).actions.length / 2);
      expect(again.output).toMatch(new RegExp(`^ {2}${promise}: `, 'm'));
      expect(again.exitCode).toBe(1);
      // The seed itself fails as it did.
      expect(simulate(['--seed', seed]).output).toContain(problem);
    });
  }, 300_000);
});
