import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Mutation } from './mutations.js';

const ROOT = resolve(import.meta.dirname, '../..');

export interface Simulated {
  readonly exitCode: number | null;
  readonly output: string;
}

/** Runs the simulation on a copy of the product with these edits, until a seed fails; gives what it printed. Thrown: as `onMutatedCopy`. */
export function simulateMutated(mutation: Pick<Mutation, 'edits' | 'isSupervised'>, seeds: number): Simulated {
  return onMutatedCopy(mutation, (simulate) => simulate(['--seeds', String(seeds), '--stop', ...(mutation.isSupervised ? ['--supervise'] : [])]));
}

/** Gives `work` the simulation of a copy of the product with these edits. Thrown: an error for an edit that does not fit the source any more. */
export function onMutatedCopy<T>({ edits }: Pick<Mutation, 'edits'>, work: (simulate: (options: readonly string[]) => Simulated) => T): T {
  const copy = mkdtempSync(join(tmpdir(), 'vigia-mutated-'));
  try {
    for (const part of ['src', 'test', 'package.json', 'tsconfig.json']) cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    for (const { file, find, replace } of edits) {
      const source = readFileSync(join(copy, file), 'utf8');
      if (source.split(find).length !== 2) throw new Error(`${file} has ${source.split(find).length - 1} × ${JSON.stringify(find)}, expected one`);
      writeFileSync(join(copy, file), source.replace(find, () => replace));
    }
    return work((options) => {
      const args = ['--import', 'tsx', 'test/faults/simulate-faults.ts', ...options];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
      return { exitCode: status, output: status === 0 || status === 1 ? stdout : `${stdout}${stderr}` };
    });
  } finally {
    rmSync(copy, { recursive: true });
  }
}
