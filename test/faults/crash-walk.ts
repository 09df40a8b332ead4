import { systemClock } from '../../src/clock.js';
import type { CrashPoint } from '../../src/crash-point.js';
import { Product } from '../acceptance/product.js';
import type { KafkaCluster } from '../servers/kafka.js';
import { freePort } from '../servers/server-process.js';
import { CrashSite, type Outside } from './crash-site.js';
import { sendRecord } from './send-record.js';
import type { SentRecord } from './verifier/outputs.js';
import type { Figures, Problem } from './verifier/verify.js';

/** Sensors that are new in each round, so that there are alarms to be raised. */
const SENSORS = 6;
const SHELVED_MS = 1500;
const CUT_MS = 5000;

/** Dead letters that are replayed in a round; each becomes another one. */
const REPLAYED = 3;

/** Four times as many as are saved at a time. */
const CUSTOMERS = 2000;

export interface CrashWalk {
  readonly point: CrashPoint;
  readonly outside: Outside;
  /** The log, if it is not the embedded one; no other walk uses it at the time. */
  readonly kafka: KafkaCluster | null;
  /** The n that follows: `n + 1` for each passing. */
  readonly next: (n: number) => number;
  /** An empty folder of its own. */
  readonly folder: string;
}

export interface CrashWalkResult {
  readonly kills: number;
  /** The last n at which the step was passed. */
  readonly reached: number;
  readonly problems: readonly Problem[];
  readonly figures: Figures;
}

/**
 * Starts the built product on one data folder with `CRASH_AT=point:n`, gives it the same work each time and lets it die, with
 * n upward until all is done without it passing the step so often; then has the verifier judge everything that was left.
 */
export async function crashWalk({ point, outside, kafka, next, folder }: CrashWalk): Promise<CrashWalkResult> {
  const ports = { ingest: await freePort(), console: await freePort() };
  const site = await CrashSite.start(folder, outside, kafka);
  const sent: SentRecord[] = [];
  let [reached, n, round] = [0, 1, 1];
  let product: Product | null = null;
  try {
    for (; ; n = next(n), round += 1) {
      await site.appendUnreadable();
      product = new Product(site.paths, ports, CUSTOMERS, { CRASH_AT: `${point}:${n}`, ...site.settings });
      if (await isKilled(product, round, sent)) {
        reached = n;
        continue;
      }
      await product.interrupt();
      return { kills: round - 1, reached, ...(await site.judge(product, sent, CUSTOMERS)) };
    }
  } catch (error) {
    await product?.stop();
    // The other walks go on, which may take hours.
    const figures = { records: 0, alarms: 0, mails: 0, flaggedMails: 0 };
    return { kills: round - 1, reached, problems: [{ promise: 'P8', what: `${point}:${n}: ${error instanceof Error ? error.message : String(error)}` }], figures };
  } finally {
    await site.stop();
  }
}

/** Whether the process killed itself before a round's work was done. Thrown: what else kept it from being done. */
async function isKilled(product: Product, round: number, sent: SentRecord[]): Promise<boolean> {
  const isGone = new AbortController();
  product.start();
  const ended = product.ended().finally(() => isGone.abort());
  const failure: { error?: Error } = {};
  const work = doRound(product, round, sent, isGone.signal).catch((error: unknown) => {
    failure.error = error instanceof Error ? error : new Error(String(error));
  });
  await Promise.race([work, ended]);
  // A call that failed because the process died may be told before its end is.
  if (failure.error !== undefined) await Promise.race([ended, systemClock.sleep(CUT_MS)]);
  if (!isGone.signal.aborted) {
    if (failure.error !== undefined) throw failure.error;
    return false;
  }
  await work;
  const { signal, code } = await ended;
  if (signal !== 'SIGKILL') throw new Error(`the product ended with ${signal ?? code}`, { cause: failure.error });
  return true;
}

/** All that the points lie on: alarms of each type, recoveries, repeats, an end of shelving, dead letters replayed, rebuilds. */
async function doRound(product: Product, round: number, sent: SentRecord[], isGone: AbortSignal): Promise<void> {
  await product.waitUntilUp();
  const sensor = (index: number) => round * SENSORS + index;
  const until = new Date(systemClock.now() + SHELVED_MS).toISOString();
  await call(product, `/api/sensors/${sensor(5)}/shelve`, { operator: 'ana', reason: 'test', until, note: 'seen' }, { 'if-match': '*' });
  const send = async (topic: string, index: number, values: string, messageId: string): Promise<void> => {
    const body = `[${sensor(index)}, ${values}]`;
    while (!isGone.aborted && !(await sendRecord(product.ingestUrl, topic, body, `${sensor(index)}-${messageId}`, sent))) await systemClock.sleep(20);
  };
  const [motion, smoke, hot, normal] = ['true, false, 20, 30', 'false, true, 20, 30', 'false, false, 31, 30', 'false, false, 20, 30'];
  const scripts: [string, string][][] = [
    [['ENTRY', motion], ['OK', normal], ['ENTRY', motion]],
    [['ENTRY', smoke], ['ENTRY', smoke], ['ENTRY', smoke]],
    [['ENTRY', hot], ['ENTRY', hot], ['ENTRY', normal], ['OK', normal]],
    [['ENTRY', normal], ['ENTRY', motion], ['ENTRY', motion]],
    [['OK', normal], ['ENTRY', normal]],
    [['ENTRY', motion]],
  ];
  await Promise.all(scripts.map(async (script, index) => {
    for (const [number, [topic, values]] of script.entries()) await send(topic, index, values, String(number));
  }));
  await send('ENTRY', 0, motion, '0'); // known by its messageId
  await replayDeadLetters(product);
  for (const which of ['projections/alarms/rebuild', 'rebuild']) await call(product, `/api/operations/${which}`, {});
  while (((await product.get('/api/shelved')) as { total: number }).total > 0) await systemClock.sleep(100);
  await product.waitUntilSettled();
}

/**
 * The oldest: among them are those whose replay a kill has cut, and which are open still. The others are dropped: were they all replayed, each
 * round would pass the steps on the way once more often than the one before, and the walk never end.
 */
async function replayDeadLetters(product: Product): Promise<void> {
  let items: readonly { id: string }[] = [];
  // The round's unreadable record is one before long.
  while (items.length === 0) {
    ({ items } = (await product.get('/api/operations/dead-letters?status=open')) as { items: typeof items });
    if (items.length === 0) await systemClock.sleep(100);
  }
  const [oldest, others] = [items.slice(-REPLAYED), items.slice(0, -REPLAYED)].map((some) => some.map(({ id }) => id)) as [string[], string[]];
  if (others.length > 0) await call(product, '/api/operations/dead-letters/drop', { ids: others });
  await call(product, '/api/operations/dead-letters/replay', { ids: oldest });
}

async function call(product: Product, path: string, body: object, headers: Record<string, string> = {}): Promise<void> {
  const answer = await fetch(`${product.consoleUrl}${path}`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } });
  const text = await answer.text();
  if (!answer.ok || text.includes('"problem"')) throw new Error(`POST ${path}: ${answer.status} ${text}`);
}
