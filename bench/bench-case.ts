/** One table of bench/RESULTS.md. */
export interface CaseResult {
  readonly title: string;
  /** What was measured, on what data, and how to read it. */
  readonly about: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Written beside bench/RESULTS.md, and shown under the table. */
  readonly plot?: { readonly file: string; readonly svg: string };
}

export interface BenchOptions {
  readonly isQuick: boolean;
  /** Everything, however long that takes. */
  readonly isFull: boolean;
  /** Tells of a step that has ended or begins, `run 2 of 3, kcat: 2.3M/s`; never called while something is measured. */
  readonly progress: (step: string) => void;
}

export type BenchCase = (options: BenchOptions) => Promise<CaseResult>;

/** `2.3M/s`, for progress. */
export function perSecond(rate: number): string {
  return `${rate.toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 1 })}/s`;
}

/** `1.20 / 1.31 / 1.35` of some measurements. */
export function spread(values: readonly number[], digits = 0): string {
  const sorted = [...values].sort((a, b) => a - b);
  const show = (value: number): string => value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return [sorted[0], median(values), sorted.at(-1)].map((value) => show(value as number)).join(' / ');
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
