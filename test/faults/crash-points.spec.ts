import { spawnSync } from 'node:child_process';
import { CRASH_POINTS } from '../../src/crash-point.js';
import { stopAll } from '../acceptance/child.js';
import { crashWalks } from './crash-walks.js';

/** The built product, killed by itself at each named step. */
describe('CRASH_AT', () => {
  afterAll(stopAll);

  it('keeps every promise at every step, at the 1st, 4th, 16th … passing', async () => {
    const walked = await crashWalks({ next: (n) => n * 4, onKafka: false });
    expect(walked.filter(({ problems }) => problems.length > 0)).toEqual([]);
    // A step that no run passes would prove nothing.
    expect(walked.filter(({ kills }) => kills === 0)).toEqual([]);
    expect(new Set(walked.map(({ point }) => point))).toEqual(new Set(CRASH_POINTS));
    // Between the server's yes and our record of it nobody can know: such copies are there, and are marked.
    expect(walked.find(({ point, outside }) => point === 'mail-sent' && outside === 'mails')?.figures.flaggedMails).toBeGreaterThan(0);
  }, 600_000);

  it('is refused when it names no step', () => {
    const { status, stderr } = spawnSync(process.execPath, ['dist/main.js'], { env: { ...process.env, CRASH_AT: 'tea-time:1' }, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/^CRASH_AT="tea-time:1": expected POINT:N, .*log-committed.*\n$/) });
  });
});
