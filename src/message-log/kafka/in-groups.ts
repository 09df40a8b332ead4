/** Work of which one group of items is done at a time; what comes meanwhile is the next group. */
export class InGroups<T> {
  private waiting: T[] = [];
  /** The end of the group that is in work. */
  private current: Promise<void> | null = null;
  private failure: { readonly error: unknown } | null = null;

  /** `hasRoom` tells whether an item may join those that wait; `onFailure` tells of a group that has failed while nobody waits for it. */
  constructor(
    private readonly work: (items: readonly T[]) => Promise<void>,
    private readonly hasRoom: (waiting: readonly T[], item: T) => boolean,
    private readonly onFailure: () => void,
  ) {}

  /** Resolves as soon as the item is in work or waits for it. Thrown: the error of a group that has failed; what waited is not begun. */
  async add(item: T): Promise<void> {
    while (this.waiting.length > 0 && !this.hasRoom(this.waiting, item)) await this.current;
    this.throwFailure();
    this.waiting.push(item);
    if (this.current === null) this.begin();
  }

  /** Thrown: the error of a group that has failed, once. */
  throwFailure(): void {
    const { failure } = this;
    this.failure = null;
    if (failure !== null) throw failure.error;
  }

  /** Resolves when nothing is in work, whatever became of it; what waits is not begun. */
  async rest(): Promise<void> {
    this.waiting = [];
    await this.current;
  }

  private begin(): void {
    const items = this.waiting;
    this.waiting = [];
    this.current = this.work(items).then(
      () => this.end(),
      (error: unknown) => {
        this.waiting = [];
        this.failure = { error };
        this.end();
        this.onFailure();
      },
    );
  }

  private end(): void {
    this.current = null;
    if (this.waiting.length > 0) this.begin();
  }
}
