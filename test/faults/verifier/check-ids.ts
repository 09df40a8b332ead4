import type { OutputEvent } from './outputs.js';

/** Streams of which each event is stored once; those of checkpoints and leases say the same more than once. */
const ONCE = /^(sensor|notification|receipts)-/;

/** No event is stored twice. */
export function checkIds(events: readonly OutputEvent[]): string[] {
  const seen = new Set<string>();
  const problems: string[] = [];
  for (const { stream, id, type } of events) {
    if (!ONCE.test(stream)) continue;
    if (seen.has(id)) problems.push(`${stream}: ${type} ${id} is stored twice`);
    seen.add(id);
  }
  return problems;
}
