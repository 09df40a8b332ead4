import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { embeddedPath } from './embedded-path.js';
import { hotPath } from './hot-path/hot-path.js';
import { ingestKafka } from './ingest-kafka.js';
import { ingest } from './ingest.js';
import { latency } from './latency.js';
import { rebuild } from './rebuild.js';
import { startUp } from './start-up.js';
import type { BenchCase, CaseResult } from './bench-case.js';

/** `npm run bench -- [CASE…] [--quick]`: runs all cases, or those named, and writes bench/RESULTS.md when all ran in full. */
const CASES: Readonly<Record<string, BenchCase>> = {
  'hot-path': hotPath,
  'embedded-path': embeddedPath,
  'ingest-kafka': ingestKafka,
  latency,
  ingest,
  rebuild,
  'start-up': startUp,
};

const args = process.argv.slice(2);
const isQuick = args.includes('--quick');
const named = args.filter((arg) => !arg.startsWith('--'));
if (args.includes('--help')) {
  console.log(`usage: npm run bench -- [--quick] [${Object.keys(CASES).join('|')}]…`);
  process.exit(0);
}
for (const name of named) {
  if (!CASES[name]) {
    console.error(`no case is named ${JSON.stringify(name)}; there are ${Object.keys(CASES).join(', ')}`);
    process.exit(1);
  }
}

const results: CaseResult[] = [];
for (const name of named.length > 0 ? named : Object.keys(CASES)) {
  console.error(`== ${name}`);
  const result = await (CASES[name] as BenchCase)({ isQuick });
  results.push(result);
  console.log(toMarkdown(result));
}
if (named.length === 0 && !isQuick) {
  const page = fileURLToPath(new URL('RESULTS.md', import.meta.url));
  writeFileSync(page, `${heading()}\n${results.map(toMarkdown).join('\n')}`);
  console.error(`written: ${page}`);
}

function heading(): string {
  const [cpu] = cpus();
  return [
    '# Results',
    '',
    'Made by `npm run bench`; a row is min / median / max of its runs. Load and product share the same cores.',
    '',
    `- Machine: ${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${(totalmem() / 1024 ** 3).toFixed(0)} GiB, Linux ${release()}`,
    `- Node ${process.version}`,
    `- Date: ${new Date().toISOString().slice(0, 10)}`,
    '',
  ].join('\n');
}

function toMarkdown({ title, about, columns, rows }: CaseResult): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [`## ${title}`, '', about, '', line(columns), line(columns.map(() => '---')), ...rows.map(line), ''].join('\n');
}
