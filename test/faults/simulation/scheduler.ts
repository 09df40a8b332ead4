/** Where simulated time begins, milliseconds since 1970 UTC. */
export const START_MS = Date.UTC(2026, 0, 5, 8, 0, 0);

interface Due {
  readonly atMs: number;
  /** Of two at the same time the one that was asked for first goes first. */
  readonly order: number;
  readonly run: () => void;
}

/**
 * Simulated time, and all that is to happen in it, in one order.
 *
 * All simulated I/O resolves its promises in here and nowhere else, and between two steps every promise that can go
 * on has gone on; so the same seed makes the same program run, await by await.
 */
export class Scheduler {
  private readonly heap: Due[] = [];
  private ordered = 0;
  steps = 0;

  constructor(private currentMs = START_MS) {}

  get isIdle(): boolean {
    return this.heap.length === 0;
  }

  get nowMs(): number {
    return this.currentMs;
  }

  /** Has `run` happen after `delayMs`, at once in the next step when that is 0 or less. */
  after(delayMs: number, run: () => void): void {
    this.ordered += 1;
    this.push({ atMs: this.currentMs + Math.max(0, delayMs), order: this.ordered, run });
  }

  /** Lets time pass to `untilMs`, or until `isOver`. Thrown: an error after `mostSteps`, since something then runs in a circle. */
  async run(untilMs: number, isOver: () => boolean, mostSteps: number): Promise<void> {
    await turn(); // what was begun outside of any step
    for (let left = mostSteps; !isOver(); left -= 1) {
      const next = this.heap[0];
      if (!next || next.atMs > untilMs) break;
      if (left === 0) throw new Error(`${mostSteps} steps were not enough: something runs in a circle`);
      this.pop();
      this.currentMs = Math.max(this.currentMs, next.atMs);
      this.steps += 1;
      next.run();
      await turn();
    }
    if (!isOver()) this.currentMs = Math.max(this.currentMs, untilMs);
  }

  private push(due: Due): void {
    const { heap } = this;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent] as Due, due)) break;
      heap[at] = heap[parent] as Due;
      at = parent;
    }
    heap[at] = due;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop() as Due;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Due, heap[child] as Due)) child += 1;
      if (isBefore(last, heap[child] as Due)) break;
      heap[at] = heap[child] as Due;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Ends when every promise that can go on has gone on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
