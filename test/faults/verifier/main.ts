import { readFileSync } from 'node:fs';
import type { Outputs } from './outputs.js';
import { verify } from './verify.js';

const HELP = `Judges a run by what it left: whether every promise of docs/reliability.md was kept.

  tsx test/faults/verifier/main.ts FILE    FILE has the outputs as JSON, in the shape of outputs.ts

Exit code: 0 when all are kept, 1 when one is not, 2 when FILE can't be read.`;

process.exitCode = main(process.argv.slice(2));

function main([file, ...more]: string[]): number {
  if (file === undefined || more.length > 0 || file.startsWith('-')) {
    console.log(HELP);
    return file === '--help' ? 0 : 2;
  }
  let outputs: Outputs;
  try {
    outputs = JSON.parse(readFileSync(file, 'utf8')) as Outputs;
  } catch (error) {
    console.error(`${file}: ${String(error)}`);
    return 2;
  }
  const { problems, figures } = verify(outputs);
  for (const { promise, what } of problems) console.log(`${promise}: ${what}`);
  console.log(`${problems.length} problems; ${JSON.stringify(figures)}`);
  return problems.length > 0 ? 1 : 0;
}
