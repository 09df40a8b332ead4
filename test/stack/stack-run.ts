import { join } from 'node:path';
import type { RunResult } from '../acceptance/acceptance-run.js';
import { Case2 } from '../acceptance/case2.js';
import { acceptedMail, readMailpit } from '../acceptance/mailbox.js';
import { CUSTOMERS_READ, readOutputs } from '../acceptance/read-outputs.js';
import { systemClock } from '../../src/clock.js';
import { MAX_IN_WORK } from '../../src/notifications/notification-dispatcher.js';
import { judgeRun } from '../faults/run-outputs.js';
import type { ReadModels } from '../faults/verifier/outputs.js';
import { influxModels } from '../servers/influx-outputs.js';
import { siteIn } from '../servers/site.js';
import { outagesOf, type Outage } from './outages.js';
import { answersOfInflux, JOBS, readCassandra, readDashboards, readWatch } from './stack-outputs.js';
import { checkStack, type StackOutputs } from './stack-checks.js';
import { BUCKET, Stack } from './stack.js';

export interface StackRunOptions {
  /** A folder of its own, empty. */
  readonly folder: string;
  readonly seed: string;
  readonly compress: number;
  /** Send for so many seconds only; null for all messages of the preset. */
  readonly seconds: number | null;
  readonly sensors: number;
  /** How often a node of each system is killed. */
  readonly rounds: number;
  readonly say: (line: string) => void;
  /** Called when the first message is about to be sent and when the last one was. */
  readonly whileSent?: { begin(): void; end(): Promise<void> };
}

/** E-mails that may be on their way when their sender, Mailpit or the store is killed: what became of them is not known, and they go again, flagged (P4). */
const MAILS_IN_THE_AIR = 3 * MAX_IN_WORK;

/** A whole run on the stack: start, send (killing a node of each system meanwhile), wait until all is processed, gather the outputs, judge. */
export async function runOnStack(options: StackRunOptions): Promise<RunResult> {
  const { folder, say, seconds, sensors, rounds } = options;
  const isShort = seconds !== null;
  const startMs = systemClock.now();
  const stack = await Stack.start({ site: siteIn(folder, null, false), folder, sensors, cutsAppends: true, say });
  const startupMs = systemClock.now() - startMs;
  say(`up after ${(startupMs / 1000).toFixed(1)} s, with ${sensors} customers`);
  try {
    const sentFromMs = systemClock.now();
    options.whileSent?.begin();
    const { report, answersFile, outages } = await sendThroughOutages(stack, options);
    await options.whileSent?.end();
    const sentToMs = sentFromMs + report.durationSeconds * 1000;
    say(`${report.acknowledged} messages acknowledged in ${report.durationSeconds.toFixed(0)} s; waiting until all is processed`);
    const settledMs = await untilSettled(stack);
    stack.systems.store.endCuts();

    say('reading the outputs');
    const before = await answersOfInflux(stack);
    const { sensorIds, ...read } = await readOutputs(stack.console, report, options.seed);
    const after = await answersOfInflux(stack);
    const wanted = rounds === 0 ? [] : outagesOf(stack, 0, isShort).map(({ system }) => system);
    const kills = { wanted: wanted.length * rounds, done: outages.length };
    const storeKills = { wanted: rounds, done: outages.filter(({ system }) => system === 'EventStoreDB').length };
    const inInflux = await influxModels(stack.systems.influx, BUCKET);
    const mails = await readMailpit(stack.systems.mailpit);
    const outputs = {
      ...read,
      report,
      mails,
      mayBeFlagged: MAILS_IN_THE_AIR * rounds,
      customers: await readCassandra(stack, sensorIds.slice(0, CUSTOMERS_READ)),
      expectedSensors: sensors,
      kills,
      store: { ...stack.systems.store.outputs(), kills: storeKills },
      influx: { counts: inInflux.counts, map: totalsOf(inInflux.map), answered: { influx: after.influx - before.influx, embedded: after.embedded - before.embedded } },
      outages,
      systems: wanted,
      isShort,
      watch: { jobs: JOBS, ...(await readWatch(stack)) },
      // Alerts and failed e-mails are shown only after kills.
      unanswered: isShort || rounds === 0 ? null : await readDashboards(stack, { startMs: sentFromMs - 60_000, endMs: sentToMs }),
    };
    const shutdownMs = await longestShutdown(stack);
    say('having the verifier judge all that is left');
    const { kafka, store } = stack.systems;
    const verdict = await judgeRun(join(folder, 'outputs'), { answersFiles: [answersFile], sentHas: 'every message', dataDirs: stack.dataDirs, readModels: [inInflux], kafka, store, mails: mails.map(acceptedMail) });
    return { report, checks: checkStack({ ...outputs, shutdownMs, verdict }), settledMs, startupMs };
  } finally {
    await stack.stop();
  }
}

function totalsOf(map: ReadModels['map']): { sensors: number; active: number } {
  return { sensors: map.length, active: map.filter(({ state }) => state === 'active').length };
}

type Survived = StackOutputs['outages'][number];

async function sendThroughOutages(stack: Stack, { folder, seed, compress, seconds, sensors, rounds, say }: StackRunOptions) {
  const sending = new Case2({ url: stack.haproxy.url, folder, seed, compress, seconds, sensors });
  const planned = Array.from({ length: rounds }, (_, round) => outagesOf(stack, round, seconds !== null)).flat();
  const survived: Survived[] = [];
  const lastOf = new Map<string, Promise<void>>();
  // They overlap, but for those of one system.
  const running = planned.map((outage, i) => {
    const atMs = sending.durationMs * (0.08 + (0.7 * i) / planned.length);
    const earlier = lastOf.get(outage.system) ?? Promise.resolve();
    const ended = earlier.then(() => undergo(outage, atMs, sending, say)).then((outcome) => void (outcome !== null && survived.push(outcome)));
    lastOf.set(outage.system, ended);
    return ended;
  });
  const [report] = await Promise.all([sending.report(() => undefined), ...running]);
  return { report, answersFile: sending.answersFile, outages: survived };
}

/** Null when it came too late. */
async function undergo(outage: Outage, atMs: number, sending: Case2, say: (line: string) => void): Promise<Survived | null> {
  if (!(await sending.isSentAt(atMs))) return null;
  const begunMs = systemClock.now();
  const since = (ms: number): string => ((systemClock.now() - ms) / 1000).toFixed(1);
  say(`kill -9 of ${outage.node} after ${since(sending.startMs)} s`);
  await outage.kill();
  await systemClock.sleep(outage.awayMs);
  await outage.restore();
  const isBackInTime = !sending.over.aborted;
  say(`${outage.node} is back, ${since(begunMs)} s after it was killed${isBackInTime ? '' : '; all was sent by then'}`);
  return { system: outage.system, isBackInTime };
}

async function untilSettled(stack: Stack): Promise<number> {
  const startMs = systemClock.now();
  await stack.console.waitUntilSettled();
  await Promise.all(Object.values(stack.members).map((member) => member.waitUntilCaughtUp()));
  return systemClock.now() - startMs;
}

/** Of Vigía's processes, told to end all at once. */
async function longestShutdown({ members }: Stack): Promise<number> {
  const ended = await Promise.all(Object.values(members).map((member) => member.interrupt()));
  return Math.max(...ended.map(({ tookMs }) => tookMs));
}
