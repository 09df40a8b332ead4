import type { InfluxConfig } from '../../config.js';
import { ReadModelUnavailable } from '../projection-sink.js';
import { InfluxRefused, JSON_BODY, type InfluxRequest } from './influx-client.js';

export interface Bucket {
  readonly id: string;
  readonly name: string;
  /** Points older than this are gone; null when they are kept for ever. */
  readonly retentionMs: number | null;
}

interface ApiBucket {
  readonly id: string;
  readonly name: string;
  readonly retentionRules?: readonly { readonly everySeconds?: number }[];
}

/** Makes a request and reads its answer's JSON, an object. */
type Ask = (request: InfluxRequest) => Promise<unknown>;

/**
 * The bucket of the configuration, made when there is none, with the retention of the configuration if that has one; a process that
 * may not make it waits for one that does. Thrown: `InfluxRefused` naming the organisation, the bucket or the token; `ReadModelUnavailable`.
 */
export async function ensureBucket(config: InfluxConfig, { mayMakeBucket }: { readonly mayMakeBucket: boolean }, ask: Ask): Promise<Bucket> {
  const wanted = config.retentionMs === null || !mayMakeBucket ? null : config.retentionMs / 1000;
  const found = (await findBucket(config, ask)) ?? (await createBucket(config, wanted, mayMakeBucket, ask));
  if (wanted !== null && secondsOf(found) !== wanted) {
    const body = JSON.stringify({ retentionRules: rules(wanted) });
    await ask({ method: 'PATCH', path: `/api/v2/buckets/${found.id}`, headers: JSON_BODY, body });
  }
  const seconds = wanted ?? secondsOf(found);
  return { id: found.id, name: found.name, retentionMs: seconds === 0 ? null : seconds * 1000 };
}

async function findBucket(config: InfluxConfig, ask: Ask): Promise<ApiBucket | undefined> {
  const named = `org=${encodeURIComponent(config.org)}&name=${encodeURIComponent(config.bucket)}`;
  // A bucket of an exact name that is not there is a 404, as is an organisation.
  const { buckets = [] } = (await ask({ path: `/api/v2/buckets?${named}`, mayBeMissing: true })) as { buckets?: ApiBucket[] };
  return buckets.find(({ name }) => name === config.bucket);
}

async function createBucket(config: InfluxConfig, wanted: number | null, mayMakeBucket: boolean, ask: Ask): Promise<ApiBucket> {
  const { orgs = [] } = (await ask({ path: `/api/v2/orgs?org=${encodeURIComponent(config.org)}` })) as { orgs?: { id: string }[] };
  const org = orgs[0];
  if (org === undefined) throw new InfluxRefused(`InfluxDB at ${config.url} has no organisation ${config.org} that INFLUX_TOKEN may see (INFLUX_ORG)`, 404);
  if (!mayMakeBucket) throw new ReadModelUnavailable(`InfluxDB at ${config.url} has no bucket ${config.bucket} yet`);
  const body = JSON.stringify({ orgID: org.id, name: config.bucket, retentionRules: rules(wanted ?? 0) });
  try {
    return (await ask({ method: 'POST', path: '/api/v2/buckets', headers: JSON_BODY, body })) as ApiBucket;
  } catch (error) {
    // Another process may have made it at the same time.
    const made = error instanceof InfluxRefused && error.status === 422 ? await findBucket(config, ask) : undefined;
    if (made === undefined) throw error;
    return made;
  }
}

/** 0 for ever. */
function secondsOf(bucket: ApiBucket): number {
  return bucket.retentionRules?.[0]?.everySeconds ?? 0;
}

function rules(everySeconds: number): readonly object[] {
  return everySeconds === 0 ? [] : [{ type: 'expire', everySeconds }];
}
