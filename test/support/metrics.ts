/** How long a process may take for its answer; one that is frozen takes longer. */
const LIMIT_MS = 2_000;

/** The sum of a process's metric over all series with these labels; null where there is none, and while it gives no answer. */
export async function metricOf(consoleUrl: string, name: string, labels: Readonly<Record<string, string>> = {}): Promise<number | null> {
  const answer = await fetch(`${consoleUrl}/metrics`, { signal: AbortSignal.timeout(LIMIT_MS) }).catch(() => null);
  return answer === null ? null : sumOfSeries(await answer.text(), name, labels);
}

function sumOfSeries(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number | null {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const values = text
    .split('\n')
    .filter((line) => (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) && wanted.every((label) => line.includes(label)))
    .map((line) => Number(line.slice(line.lastIndexOf(' '))));
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}
