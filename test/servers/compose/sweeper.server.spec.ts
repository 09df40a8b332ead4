import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processesWith } from '../../support/processes-with.js';
import { waitFor } from '../../support/wait-for.js';

it('kills what a suite has started, and removes its folder, when the suite itself is killed', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'vigia-swept-'));
  const suite = `
    import { spawn } from 'node:child_process';
    import { beginToWatch } from ${JSON.stringify(new URL('./sweeper.ts', import.meta.url).href)};
    const [dir] = process.argv.slice(1);
    await beginToWatch({ marks: [dir], dir });
    const server = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore', env: { ...process.env, DATA: dir } });
    console.log(server.pid);
    await new Promise(() => setInterval(() => undefined, 1_000));`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', suite, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  expect(processesWith(dir).sort()).toEqual([child.pid, Number(line.toString())].sort());

  child.kill('SIGKILL');
  await waitFor('the end of the other', () => processesWith(dir).length === 0, 10_000);
  await waitFor('the end of the folder', () => !existsSync(dir), 10_000);
});
