interface Entry<T> {
  readonly due: number;
  /** Entries of the same `due` come in the order in which they were added. */
  readonly number: number;
  readonly item: T;
}

/** Items by the time at which they are due, the earliest first: a binary heap. */
export class DueQueue<T> {
  private readonly heap: Entry<T>[] = [];
  private added = 0;

  get size(): number {
    return this.heap.length;
  }

  add(due: number, item: T): void {
    const { heap } = this;
    let at = heap.push({ due, number: this.added++, item }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isBefore(at, parent)) break;
      this.swap(at, parent);
      at = parent;
    }
  }

  /** Removes the earliest item if it is due at `now`; null when none is. */
  takeDue(now: number): T | null {
    const { heap } = this;
    const first = heap[0];
    if (!first || first.due > now) return null;
    const last = heap.pop() as Entry<T>;
    if (heap.length > 0) {
      heap[0] = last;
      this.sink();
    }
    return first.item;
  }

  private sink(): void {
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.heap.length && this.isBefore(child, least)) least = child;
      }
      if (least === at) return;
      this.swap(at, least);
      at = least;
    }
  }

  private isBefore(left: number, right: number): boolean {
    const a = this.heap[left] as Entry<T>;
    const b = this.heap[right] as Entry<T>;
    return a.due < b.due || (a.due === b.due && a.number < b.number);
  }

  private swap(left: number, right: number): void {
    const kept = this.heap[left] as Entry<T>;
    this.heap[left] = this.heap[right] as Entry<T>;
    this.heap[right] = kept;
  }
}
