import { stopAll } from '../acceptance/child.js';
import { crashWalks } from './crash-walks.js';

const HELP = `Kills the built product at every passing of every named step (src/crash-point.ts), and has the verifier judge what it left.

  npm run crash-points          n = 1, 2, 3, … at each step; about 25 minutes
  npm run crash-points -- --doubling   n = 1, 2, 4, 8, …

Exit code: 0 when every promise was kept, else 1; the folder of a walk that failed stays in the folder of temporary files.`;

const [option] = process.argv.slice(2);
if (option !== undefined && option !== '--doubling') {
  console.log(HELP);
  process.exit(option === '--help' ? 0 : 2);
}
try {
  const walked = await crashWalks(option === undefined ? (n) => n + 1 : (n) => n * 2, ({ point, outside, kills, reached, problems, figures }) => {
    const { records, alarms, mails, flaggedMails } = figures;
    console.log(`${point.padEnd(21)} ${outside.padEnd(7)}  ${kills} kills, to passing ${reached}; ${records} records, ${alarms} alarms, ${mails} e-mails, ${flaggedMails} marked; ${problems.length} problems`);
    for (const { promise, what } of problems) console.log(`  ${promise}: ${what}`);
  });
  const sum = (of: (each: (typeof walked)[number]) => number) => walked.reduce((total, each) => total + of(each), 0);
  const problems = sum((each) => each.problems.length);
  console.log(`${walked.length} walks, ${sum((each) => each.kills)} kills, ${sum((each) => each.figures.records)} records, ${problems} problems`);
  process.exitCode = problems > 0 ? 1 : 0;
} finally {
  await stopAll();
}
