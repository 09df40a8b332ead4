import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import { CRASH_POINTS, type CrashPoint } from '../../src/crash-point.js';
import { KafkaCluster } from '../servers/kafka.js';
import type { Outside } from './crash-site.js';
import { crashWalk, type CrashWalk, type CrashWalkResult } from './crash-walk.js';

/** Walks at a time: each of them mostly waits. */
const AT_A_TIME = 5;

/** Steps around which it matters whether the mailer can tell what has gone. */
const OF_MAILS: readonly CrashPoint[] = ['mail-claimed', 'mail-sent', 'mail-recorded'];
const OF_THE_FOLDER: readonly CrashPoint[] = ['eml-written', 'eml-linked'];

/** Leases are events, and needed where several processes may have the same. */
const OF_LEASES: readonly CrashPoint[] = ['lease-taken'];

/** Kafka takes these itself. */
const OF_THE_EMBEDDED_LOG: readonly CrashPoint[] = ['log-committing', 'log-committed'];

export interface CrashWalks extends Pick<CrashWalk, 'next'> {
  /** Each walk with a real Kafka as its log, and not the embedded one. */
  readonly onKafka: boolean;
  /** Only these steps; all of them by default. */
  readonly points?: readonly CrashPoint[];
  readonly onWalked?: (walked: WalkedPoint) => void;
}

export interface WalkedPoint extends CrashWalkResult {
  readonly point: CrashPoint;
  readonly outside: Outside;
  readonly seconds: number;
}

/** Walks over all steps. Those of mails wait for the end of open claims, and those of leases for that of the lease, so they begin first. */
export async function crashWalks({ next, onKafka, points = CRASH_POINTS, onWalked = () => undefined }: CrashWalks): Promise<readonly WalkedPoint[]> {
  const first = [...OF_MAILS, ...OF_THE_FOLDER];
  const rest = CRASH_POINTS.filter((point) => ![...first, ...OF_LEASES, ...(onKafka ? OF_THE_EMBEDDED_LOG : [])].includes(point));
  const all = [
    ...OF_MAILS.map((point) => ({ point, outside: 'mails' as const })),
    ...OF_LEASES.map((point) => ({ point, outside: 'events' as const })),
    ...[...first, ...rest].map((point) => ({ point, outside: 'nothing' as const })),
  ];
  const walks = all.filter(({ point }) => points.includes(point));
  const results: WalkedPoint[] = [];
  const lane = async (): Promise<void> => {
    const kafka = onKafka ? await KafkaCluster.start({ brokers: 1 }) : null;
    try {
      for (let walk = walks.shift(); walk; walk = walks.shift()) {
        const folder = mkdtempSync(join(tmpdir(), `vigia-crash-${walk.point}-`));
        const startMs = systemClock.now();
        const result = await crashWalk({ ...walk, kafka, next, folder });
        const walked = { ...walk, ...result, seconds: Math.round((systemClock.now() - startMs) / 1000) };
        if (walked.problems.length === 0) rmSync(folder, { recursive: true });
        results.push(walked);
        onWalked(walked);
      }
    } finally {
      await kafka?.stop();
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_A_TIME, walks.length) }, lane));
  return results;
}
