import { drawPlan } from './simulation/plan.js';
import { runPlan } from './simulation/simulated-run.js';

const from = Number(process.argv[2] ?? 1);
const count = Number(process.argv[3] ?? 20);
const start = Date.now();
let bad = 0;
for (let seed = from; seed < from + count; seed += 1) {
  const { problems, figures } = await runPlan(drawPlan(String(seed)));
  if (problems.length > 0 || count <= 5) console.log(seed, JSON.stringify(figures), problems.slice(0, 6).map(({ promise, what }) => `${promise} ${what}`));
  if (problems.length > 0) bad += 1;
}
console.log(`${bad} of ${count} bad, ${(Date.now() - start) / count} ms each`);
