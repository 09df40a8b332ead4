import { NO_FAULTS } from './sim-network.js';
import type { Plan } from './plan.js';
import { SERVER_NAMES } from './sim-servers.js';
import { runPlan } from './simulated-run.js';

/** A plan with as few actions and faults as can be found that still breaks the promise. */
export async function shrink(plan: Plan, promise: string): Promise<Plan> {
  const stillFails = async (smaller: Plan): Promise<boolean> => (await runPlan(smaller)).problems.some((problem) => problem.promise === promise);
  let smallest = plan;
  for (const calmer of [{ chorus: null }, { claimFrozenMs: 0 }]) {
    const without = { ...smallest, ...calmer };
    if (await stillFails(without)) smallest = without;
  }
  for (const server of SERVER_NAMES) {
    const without = { ...smallest, faults: { ...smallest.faults, [server]: NO_FAULTS } };
    if (await stillFails(without)) smallest = without;
  }
  for (let part = Math.ceil(smallest.actions.length / 2); part >= 1; part = part === 1 ? 0 : Math.ceil(part / 2)) {
    for (let from = 0; from < smallest.actions.length; ) {
      const actions = smallest.actions.filter((_, index) => index < from || index >= from + part);
      const without = { ...smallest, actions };
      if (await stillFails(without)) smallest = without;
      else from += part;
    }
  }
  return smallest;
}
