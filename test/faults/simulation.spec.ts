import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

/** Runs `npm run simulate:faults` without npm; the seeds of a run do not depend on what ran before it. */
function simulate(...args: string[]): { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string } {
  const cwd = resolve(import.meta.dirname, '../..');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', join('test', 'faults', 'simulate-faults.ts'), ...args], { cwd, encoding: 'utf8' });
  return { exitCode: status, stdout, stderr };
}

describe('simulated faults', () => {
  it('break no promise in 1,000 seeds', () => {
    const { exitCode, stdout, stderr } = simulate('--seeds', '1000');
    expect(stdout).toMatch(/^1000 seeds, 0 failed: /m);
    expect(exitCode).toBe(0);
    expect(stderr).not.toContain('Warning'); // of Node itself, such as of too many listeners
  }, 900_000);

  it('leave supervision to tell of a silence and its end, and of no other, in 12 seeds', () => {
    expect(simulate('--supervise', '--seeds', '12').stdout).toMatch(/^12 seeds, 0 failed: /m);
  }, 120_000);

  it('are the same again for the same seed', () => {
    const figures = (): string => simulate('--seed', '5').stdout.split('\n')[0]!;
    expect(figures()).toBe(figures());
  }, 60_000);

  it.each([
    ['--seeds', 'many'],
    ['--seed', '0'],
    ['--hours', '-1'],
    ['--sed', '1'],
    ['--plan', 'nowhere.json'],
  ])('are not begun for %s %s', (option, value) => {
    const { exitCode, stderr } = simulate(option, value);
    expect(stderr.split('\n')[0]).toContain(option);
    expect(exitCode).toBe(2);
  });
});
