/** Work of which each piece begins when the one before it has ended, while whoever gives it does something else. */
export class OneAtATime {
  private current: Promise<void> = Promise.resolve();
  private failure: { readonly error: unknown } | null = null;

  /** `onFailure` tells of a piece that has failed while nobody waits for it. */
  constructor(private readonly onFailure: () => void) {}

  /** Begins a piece, and resolves as soon as it has begun. Thrown: the error of the one before it. */
  async begin(work: () => Promise<void>): Promise<void> {
    await this.current;
    this.throwFailure();
    this.current = work().catch((error: unknown) => {
      this.failure = { error };
      this.onFailure();
    });
  }

  /** Thrown: the error of a piece that has failed, once. */
  throwFailure(): void {
    const { failure } = this;
    this.failure = null;
    if (failure !== null) throw failure.error;
  }

  /** Resolves when nothing is in work, whatever became of it. */
  rest(): Promise<void> {
    return this.current;
  }
}
