/**
 * Calls `run` at once, then at most once per `everyMs` however often it is asked; the last asking is always
 * followed by a run, and two never overlap. `stop` ends it.
 */
export function throttled(everyMs: number, run: () => Promise<void>): { readonly ask: () => void; readonly stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let isRunning = false;
  let isAsked = false;
  let isStopped = false;

  const start = () => {
    isAsked = false;
    isRunning = true;
    void run().finally(() => {
      isRunning = false;
      timer = setTimeout(() => {
        timer = null;
        if (isAsked && !isStopped) start();
      }, everyMs);
    });
  };
  return {
    ask: () => {
      isAsked = true;
      if (!isRunning && timer === null && !isStopped) start();
    },
    stop: () => {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
