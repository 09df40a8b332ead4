import { spread, type CaseResult } from './bench-case.js';

/** Measures as rows, sizes as columns. */
export class GrowthTable {
  private readonly values = new Map<string, Map<number, number[]>>();

  constructor(private readonly sizes: readonly number[]) {}

  note(measure: string, size: number, value: number): void {
    const ofMeasure = this.values.get(measure) ?? new Map<number, number[]>();
    this.values.set(measure, ofMeasure.set(size, [...(ofMeasure.get(size) ?? []), value]));
  }

  /** `what`: what there are so many of. */
  result(what: string): Pick<CaseResult, 'columns' | 'rows'> {
    const cell = (values: readonly number[] | undefined): string => {
      if (!values) return '–';
      const digits = Math.max(...values) < 10 ? 2 : Math.max(...values) < 100 ? 1 : 0;
      return values.length > 1 ? spread(values, digits) : spread(values, digits).split(' / ')[0]!;
    };
    return {
      columns: [what, ...this.sizes.map((size) => size.toLocaleString('en-US'))],
      rows: [...this.values].map(([measure, bySize]) => [measure, ...this.sizes.map((size) => cell(bySize.get(size)))]),
    };
  }
}
