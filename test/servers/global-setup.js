import { execFileSync } from 'node:child_process';

/** Jest cannot import TypeScript here. Its standard output may be a report, so ours goes to stderr. */
export default function prepareServers() {
  execFileSync(process.execPath, ['--import', 'tsx', 'test/servers/prepare.ts'], { cwd: new URL('../..', import.meta.url), stdio: ['ignore', 2, 2] });
}
