import { readdirSync, readFileSync } from 'node:fs';

/** The ids of processes of this machine whose arguments or variables have one of these texts. */
export function processesWith(...texts: readonly string[]): number[] {
  const has = (pid: string): boolean => {
    try {
      return ['cmdline', 'environ'].some((file) => {
        const content = readFileSync(`/proc/${pid}/${file}`, 'utf8');
        return texts.some((text) => content.includes(text));
      });
    } catch {
      return false; // it has just ended
    }
  };
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && has(name)).map(Number);
}
