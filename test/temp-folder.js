import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives a run of Jest a folder of its own for whatever its tests put into the folder of temporary files; it stays when a test has failed, to be looked at. */
export default class TempFolder {
  folder = mkdtempSync(join(tmpdir(), 'vigia-tests-'));

  constructor() {
    // Read by tmpdir(), in the workers and in what they start.
    process.env.TMPDIR = this.folder;
  }

  onRunComplete(_contexts, { numFailedTestSuites }) {
    if (numFailedTestSuites === 0) rmSync(this.folder, { recursive: true, maxRetries: 5 });
    else console.error(`What the tests have left is in ${this.folder}`);
  }
}
