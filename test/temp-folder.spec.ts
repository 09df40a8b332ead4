import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { newDir } from './support/projection-events.js';

/** Runs that follow each other in one process, each of which leaves a file; in the end it says where temporary files would go. */
const RUNS = `
  import { writeFileSync } from 'node:fs';
  import { tmpdir } from 'node:os';
  import { join } from 'node:path';
  import TempFolder from './test/temp-folder.js';
  for (const results of JSON.parse(process.argv[1])) {
    const reporter = new TempFolder();
    writeFileSync(join(tmpdir(), 'left'), '');
    reporter.onRunComplete(new Set(), results);
  }
  console.log(tmpdir());`;

it('gives each run of Jest a folder of its own, which is gone after it unless something has failed', () => {
  const dir = newDir();
  const results = [{ numFailedTestSuites: 0 }, { numFailedTestSuites: 1 }, { numFailedTestSuites: 0, runExecError: { message: 'no worker' } }, { numFailedTestSuites: 0 }];
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', RUNS, JSON.stringify(results)], { env: { ...process.env, TMPDIR: dir }, encoding: 'utf8' });
  const kept = [...stderr.matchAll(/^What the tests have left is in (.+)$/gm)].map(([, folder]) => folder!);
  expect({ stdout, kept: kept.map((folder) => readdirSync(folder)) }).toEqual({ stdout: `${dir}\n`, kept: [['left'], ['left']] });
  expect(readdirSync(dir).map((name) => `${dir}/${name}`).sort()).toEqual(kept.sort());
});
