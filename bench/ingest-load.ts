import autocannon from 'autocannon';

const SENSORS = 50_000;
/** So many different bodies are made beforehand, and sent in turn. */
const BODIES = 200;

export interface Load {
  readonly url: string;
  readonly connections: number;
  /** Readings a post: 1 as text, more as NDJSON. */
  readonly readings: number;
  readonly seconds: number;
}

/** Readings per second that were answered with 200. Thrown: an error when any post was answered otherwise. */
export async function acceptedPerSecond({ url, connections, readings, seconds }: Load): Promise<number> {
  let next = 0;
  const body = (): string => Array.from({ length: readings }, () => `{"${(next++ * 7919) % SENSORS}", "false", "false", "21.5", "30.0"}`).join('\n');
  const headers = { 'content-type': readings === 1 ? 'text/plain' : 'application/x-ndjson' };
  const result = await autocannon({ url, connections, duration: seconds, method: 'POST', headers, requests: Array.from({ length: BODIES }, () => ({ body: body() })) });
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${url}: ${result.non2xx} posts were refused, ${result.errors} failed`);
  return (result['2xx'] * readings) / result.duration;
}
