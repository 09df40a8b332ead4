import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { drawPlan, type Plan } from './simulation/plan.js';
import { shrink } from './simulation/shrink.js';
import { runPlan, type RunResult } from './simulation/simulated-run.js';
import { writeOutputs } from './verifier/stored-outputs.js';

const HELP = `Runs the whole product in one process on simulated servers, a seed a run, and judges what is left by the verifier.

  npm run simulate:faults                  1000 seeds, from 1 on
  npm run simulate:faults -- --hours 8     seeds as long as there is time, from a new beginning
  npm run simulate:faults -- --seed 4711   that one, with its figures and a digest of all that it left; the same seed is the same run

  --seeds N       how many (default 1000)
  --from N        the first one (default 1)
  --hours N       as many as go into N hours
  --seed N        one seed
  --supervise     sensors that go on sending, too, of whose silences supervision must tell; ten times as long a seed
  --plan FILE     the plan in a file, as --shrink prints it
  --shrink        of a seed that fails, look for the smallest plan that still does, and print it
  --outputs DIR   of one seed, write what the run left into a folder, for the verifier
  --stop          end at the first seed that fails

Exit code: 0 when every seed keeps every promise, 1 when one does not, 2 for a bad option.`;

const OPTIONS = {
  seeds: { type: 'string' }, from: { type: 'string' }, hours: { type: 'string' }, seed: { type: 'string' }, plan: { type: 'string' }, outputs: { type: 'string' },
  shrink: { type: 'boolean' }, stop: { type: 'boolean' }, supervise: { type: 'boolean' }, help: { type: 'boolean' },
} as const;

/** What is summed up over all seeds. */
const FIGURES = ['records', 'alarms', 'mails', 'flaggedMails', 'faults', 'kills', 'freezes', 'jumps', 'steps'] as const;

/** Progress is told so often. */
const TELL_EVERY_MS = 5000;

process.exitCode = await main();

async function main(): Promise<number> {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const startMs = Date.now();
  const sums = { runs: 0, failed: 0, ...Object.fromEntries(FIGURES.map((figure) => [figure, 0])) as Record<(typeof FIGURES)[number], number> };
  let toldMs = startMs;
  for (let seed = options.from; sums.runs < options.seeds && Date.now() < startMs + options.forMs; seed += 1) {
    const plan = options.plan ?? drawPlan(String(seed), options.supervise);
    const result = await runPlan(plan);
    sums.runs += 1;
    for (const figure of FIGURES) sums[figure] += result.figures[figure];
    if (options.isOne) console.log(JSON.stringify({ ...result.figures, digest: createHash('sha256').update(JSON.stringify(result.outputs)).digest('hex') }));
    if (options.outputs !== undefined) writeOutputs(options.outputs, result.outputs);
    if (result.problems.length > 0) {
      sums.failed += 1;
      await tellFailure(plan, result, options.shrink);
      if (options.stop) break;
    }
    if (Date.now() - toldMs >= TELL_EVERY_MS) {
      toldMs = Date.now();
      console.error(`${sums.runs} seeds, ${sums.failed} failed, ${Math.round((toldMs - startMs) / 1000)} s`);
    }
  }
  const { runs, failed, records, alarms, mails, flaggedMails, faults, kills, freezes, jumps, steps } = sums;
  console.log(`${runs} seeds, ${failed} failed: ${records} records, ${alarms} alarms, ${mails} e-mails (${flaggedMails} marked as possible duplicates), ${faults} faults (${kills} kills, ${freezes} freezes, ${jumps} clock jumps), ${steps} steps, ${Math.round(process.cpuUsage().user / 1000 / Math.max(runs, 1))} ms a seed`);
  return failed > 0 ? 1 : 0;
}

function readOptions() {
  const { values } = parseArgs({ options: OPTIONS, strict: true });
  const number = (name: 'seeds' | 'from' | 'hours' | 'seed'): number | null => {
    const text = values[name];
    if (text === undefined) return null;
    const value = Number(text);
    if (!(value > 0) || (name !== 'hours' && !Number.isSafeInteger(value))) throw new Error(`--${name} is ${JSON.stringify(text)}, expected a ${name === 'hours' ? 'number' : 'whole number'} above 0`);
    return value;
  };
  const [one, hours] = [number('seed'), number('hours')];
  const plan = values.plan === undefined ? null : readPlan(values.plan);
  // Other seeds each time; the first one is told, so that a run can be repeated.
  const anyBeginning = 1 + Math.floor(Math.random() * 2 ** 40);
  return {
    plan,
    isOne: one !== null || plan !== null,
    from: one ?? number('from') ?? (hours === null ? 1 : anyBeginning),
    seeds: one !== null || plan !== null ? 1 : (number('seeds') ?? (hours === null ? 1000 : Infinity)),
    forMs: (hours ?? Infinity) * 3_600_000,
    outputs: values.outputs,
    shrink: values.shrink ?? false,
    stop: values.stop ?? false,
    supervise: values.supervise ?? false,
    help: values.help ?? false,
  };
}

/** Thrown: an error that names the file when it can't be read, or is no JSON. */
function readPlan(file: string): Plan {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Plan;
  } catch (error) {
    throw new Error(`--plan ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function tellFailure(plan: Plan, { problems }: RunResult, isToShrink: boolean): Promise<void> {
  const shown = problems.slice(0, 8).map(({ promise, what }) => `  ${promise}: ${what}`);
  const more = problems.length > shown.length ? [`  and ${problems.length - shown.length} more`] : [];
  console.log([`seed ${plan.seed} fails`, ...shown, ...more].join('\n'));
  if (isToShrink) console.log(JSON.stringify(await shrink(plan, problems[0]!.promise), null, 1));
}
