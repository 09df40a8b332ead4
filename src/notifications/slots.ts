/** Lets so many pieces of work run at the same time; the others wait in order of arrival. */
export class Slots {
  private used = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly most: number) {}

  get inUse(): number {
    return this.used;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.used < this.most) this.used += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.used -= 1;
    }
  }
}
