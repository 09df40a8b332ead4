import type { Outputs } from './outputs.js';
import { storedOutputs } from './stored-outputs.js';
import { verify } from './verify.js';

const HELP = `Judges a run by what it left: whether every promise of docs/reliability.md was kept.

  tsx test/faults/verifier/main.ts FOLDER    what npm run simulate:faults -- --outputs, or npm run acceptance -- --keep, has written

Exit code: 0 when all are kept, 1 when one is not, 2 when FOLDER can't be read.`;

process.exitCode = main(process.argv.slice(2));

function main([folder, ...more]: string[]): number {
  if (folder === undefined || more.length > 0 || folder.startsWith('-')) {
    console.log(HELP);
    return folder === '--help' ? 0 : 2;
  }
  let outputs: Outputs;
  try {
    outputs = storedOutputs(folder);
  } catch (error) {
    console.error(`${folder}: ${String(error)}`);
    return 2;
  }
  const { problems, figures } = verify(outputs);
  for (const { promise, what } of problems) console.log(`${promise}: ${what}`);
  console.log(`${problems.length} problems; ${JSON.stringify(figures)}`);
  return problems.length > 0 ? 1 : 0;
}
