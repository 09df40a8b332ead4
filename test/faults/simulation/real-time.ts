import { Scheduler } from './scheduler.js';

/** A scheduler for suites that know nothing of it: whatever is due happens at once, and nothing runs while nothing is. */
export function selfRunning(): { readonly scheduler: Scheduler; stop(): void } {
  const scheduler = new Scheduler(Date.now());
  let isStopped = false;
  const pump = async (): Promise<void> => {
    while (!isStopped) {
      await scheduler.run(scheduler.nowMs + 50, () => isStopped, Infinity);
      await new Promise((resolve) => setTimeout(resolve, scheduler.isIdle ? 4 : 0));
    }
  };
  void pump();
  return { scheduler, stop: () => void (isStopped = true) };
}
