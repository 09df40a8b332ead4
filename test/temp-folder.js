import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives a run of Jest a folder of its own for whatever its tests put into the folder of temporary files; it stays when the run has failed, to be looked at. */
export default class TempFolder {
  before = process.env.TMPDIR;
  folder = mkdtempSync(join(tmpdir(), 'vigia-tests-'));

  constructor() {
    // Read by tmpdir(), in the workers and in what they start.
    process.env.TMPDIR = this.folder;
  }

  onRunComplete(_contexts, { numFailedTestSuites, runExecError }) {
    // Another run of this process, as in watch mode, has its folder beside this one.
    if (this.before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = this.before;
    if (numFailedTestSuites === 0 && !runExecError) rmSync(this.folder, { recursive: true, maxRetries: 5 });
    else console.error(`What the tests have left is in ${this.folder}`);
  }
}
