import { readFileSync } from 'node:fs';

/** The lines of the product's log that begin as one does, and are none. */
export function brokenLines(logFile: string): string[] {
  return readFileSync(logFile, 'utf8').split('\n').filter((line) => line.startsWith('{') && !isJson(line));
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
