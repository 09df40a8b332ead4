import type { InfluxConfig } from '../../config.js';
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

/**
 * The bucket of the configuration, made when there is none, with the retention of the configuration if that has one.
 * Thrown: `InfluxRefused` naming the organisation, the bucket or the token.
 */
export async function ensureBucket(config: InfluxConfig, send: (request: InfluxRequest) => Promise<Response>): Promise<Bucket> {
  const named = `org=${encodeURIComponent(config.org)}&name=${encodeURIComponent(config.bucket)}`;
  // A bucket of an exact name that is not there is a 404, as is an organisation.
  const { buckets = [] } = (await (await send({ path: `/api/v2/buckets?${named}`, mayBeMissing: true })).json()) as { buckets?: ApiBucket[] };
  const wanted = config.retentionMs === null ? null : config.retentionMs / 1000;
  const found = buckets.find(({ name }) => name === config.bucket) ?? (await createBucket(config, wanted, send));
  if (wanted !== null && secondsOf(found) !== wanted) {
    const body = JSON.stringify({ retentionRules: rules(wanted) });
    await (await send({ method: 'PATCH', path: `/api/v2/buckets/${found.id}`, headers: JSON_BODY, body })).arrayBuffer();
  }
  const seconds = wanted ?? secondsOf(found);
  return { id: found.id, name: found.name, retentionMs: seconds === 0 ? null : seconds * 1000 };
}

async function createBucket(config: InfluxConfig, wanted: number | null, send: (request: InfluxRequest) => Promise<Response>): Promise<ApiBucket> {
  const answer = await send({ path: `/api/v2/orgs?org=${encodeURIComponent(config.org)}` });
  const { orgs = [] } = (await answer.json()) as { orgs?: { id: string }[] };
  const org = orgs[0];
  if (org === undefined) throw new InfluxRefused(`InfluxDB at ${config.url} has no organisation ${config.org} that INFLUX_TOKEN may see (INFLUX_ORG)`, 404);
  const body = JSON.stringify({ orgID: org.id, name: config.bucket, retentionRules: rules(wanted ?? 0) });
  return (await (await send({ method: 'POST', path: '/api/v2/buckets', headers: JSON_BODY, body })).json()) as ApiBucket;
}

/** 0 for ever. */
function secondsOf(bucket: ApiBucket): number {
  return bucket.retentionRules?.[0]?.everySeconds ?? 0;
}

function rules(everySeconds: number): readonly object[] {
  return everySeconds === 0 ? [] : [{ type: 'expire', everySeconds }];
}
