interface Waiting<T> {
  readonly at: number;
  readonly message: T;
}

/** ENTRY and OK of one partition, given on in the order of their times; of the same millisecond ENTRY first. */
export class InOrder<T> {
  private readonly waiting: Record<string, Waiting<T>[]> = { ENTRY: [], OK: [] };
  private readonly through: Record<string, number> = { ENTRY: -Infinity, OK: -Infinity };

  constructor(private readonly give: (topic: string, message: T) => void) {}

  add(topic: string, at: number, message: T): void {
    this.waiting[topic]!.push({ at, message });
  }

  /** All of a topic up to that time has been added; `Infinity` at its end. */
  readThrough(topic: string, at: number): void {
    this.through[topic] = at;
    const [entry, ok] = [this.waiting['ENTRY']!, this.waiting['OK']!];
    let [nextEntry, nextOk] = [0, 0];
    for (;;) {
      const [entryAt, okAt] = [entry[nextEntry]?.at ?? this.through['ENTRY']!, ok[nextOk]?.at ?? this.through['OK']!];
      if (nextEntry < entry.length && entryAt <= okAt) this.give('ENTRY', entry[nextEntry++]!.message);
      else if (nextOk < ok.length && okAt < entryAt) this.give('OK', ok[nextOk++]!.message);
      else break;
    }
    entry.splice(0, nextEntry);
    ok.splice(0, nextOk);
  }
}
