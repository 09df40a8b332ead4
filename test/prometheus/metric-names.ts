import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What an expression may name beside metrics. */
const PROMQL_WORDS = new Set([
  'abs', 'absent', 'and', 'avg', 'bool', 'by', 'count', 'histogram_quantile', 'ignoring', 'increase', 'max', 'min', 'on', 'or', 'rate', 'sum', 'time', 'unless', 'vector', 'without',
]);

/** The metrics that an expression asks for. A function that is not in the list above counts as one, which no exposition has. */
export function metricNames(expr: string): string[] {
  const bare = expr
    .replace(/"[^"]*"|'[^']*'/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, '');
  return [...new Set(bare.match(/[a-zA-Z_:][\w:]*/g) ?? [])].filter((word) => !PROMQL_WORDS.has(word));
}

const EXPOSITIONS = fileURLToPath(new URL('../fixtures/expositions/', import.meta.url));

/** Every series name of the recorded expositions, with those of histograms and summaries. */
export function recordedNames(): Set<string> {
  const names = new Set<string>();
  for (const file of readdirSync(EXPOSITIONS).filter((name) => name.endsWith('.txt'))) for (const name of exposedNames(readFileSync(`${EXPOSITIONS}${file}`, 'utf8'))) names.add(name);
  return names;
}

export function exposedNames(text: string): string[] {
  return [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].flatMap(([, name, type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : type === 'summary' ? [name as string, `${name}_count`, `${name}_sum`] : [name as string],
  );
}
