import { parseArgs } from 'node:util';
import { CRASH_POINTS, type CrashPoint } from '../../src/crash-point.js';
import { stopAll } from '../acceptance/child.js';
import { crashWalks } from './crash-walks.js';

const HELP = `Kills the built product at every passing of every named step (src/crash-point.ts), and has the verifier judge what it left.

  npm run crash-points                         n = 1, 2, 3, … at each step
  npm run crash-points -- --doubling           n = 1, 2, 4, 8, …
  npm run crash-points -- --kafka --doubling   with a real Kafka as the log, for each of the walks that go on at a time
  npm run crash-points -- --points mail-sent,receipt-stored    only these steps, as a part of a long run

Exit code: 0 when every promise was kept, 1 when one was not, 2 for a bad option; the folder of a walk that failed stays in the folder
of temporary files.`;

const OPTIONS = { doubling: { type: 'boolean' }, kafka: { type: 'boolean' }, points: { type: 'string' }, help: { type: 'boolean' } } as const;

/** Thrown: an error for a name that no step has. */
function pointNamed(name: string): CrashPoint {
  const point = CRASH_POINTS.find((each) => each === name);
  if (point === undefined) throw new Error(`--points: ${JSON.stringify(name)} is no step; expected some of ${CRASH_POINTS.join(', ')}`);
  return point;
}

function readOptions() {
  try {
    const { points, ...values } = parseArgs({ options: OPTIONS, strict: true }).values;
    return { ...values, ...(points !== undefined && { points: points.split(',').map(pointNamed) }) };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    process.exit(2);
  }
}

const { doubling = false, kafka = false, help = false, points } = readOptions();
if (help) {
  console.log(HELP);
  process.exit(0);
}
try {
  const walked = await crashWalks({
    next: (n) => (doubling ? n * 2 : n + 1),
    onKafka: kafka,
    ...(points && { points }),
    onWalked: ({ point, outside, kills, reached, seconds, problems, figures }) => {
      const { records, alarms, mails, flaggedMails } = figures;
      console.log(`${point.padEnd(21)} ${outside.padEnd(7)}  ${kills} kills, to passing ${reached}, in ${seconds} s; ${records} records, ${alarms} alarms, ${mails} e-mails, ${flaggedMails} marked; ${problems.length} problems`);
      for (const { promise, what } of problems) console.log(`  ${promise}: ${what}`);
    },
  });
  const sum = (of: (each: (typeof walked)[number]) => number) => walked.reduce((total, each) => total + of(each), 0);
  const problems = sum((each) => each.problems.length);
  console.log(`${walked.length} walks, ${sum((each) => each.kills)} kills, ${sum((each) => each.figures.records)} records, ${sum((each) => each.figures.alarms)} alarms, ${problems} problems`);
  const unmet = walked.filter(({ kills }) => kills === 0).map(({ point }) => point);
  if (unmet.length > 0) console.log(`never passed, so nothing was shown of it: ${unmet.join(', ')}`);
  process.exitCode = problems > 0 || unmet.length > 0 ? 1 : 0;
} finally {
  await stopAll();
}
