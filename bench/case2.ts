import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PRESETS } from '../src/cli/simulator/presets.js';
import { killAll } from '../test/stack/begun.js';
import { runOnStack } from '../test/stack/stack-run.js';
import { SENSORS } from '../test/acceptance/acceptance-run.js';
import type { BenchCase } from './bench-case.js';
import { ProcessMeter, type Metered } from './process-meter.js';

const NORMAL_SECONDS = 180;
const QUICK_SECONDS = 20;
const SOURCE_MINUTES = 30;

/** The source's second case at its own rate on the whole stack, with what each system takes of the machine. */
export const case2: BenchCase = async ({ isQuick, isFull, progress }) => {
  const seconds = isQuick ? QUICK_SECONDS : isFull ? null : NORMAL_SECONDS;
  const folder = mkdtempSync(join(tmpdir(), 'vigia-bench-'));
  const meter = new ProcessMeter(systemOf);
  let metered: ReadonlyMap<string, Metered> = new Map();
  let lastedSeconds = 0;
  const whileSent = {
    begin: () => {
      lastedSeconds = performance.now() / 1000;
      meter.begin();
    },
    end: async () => {
      metered = await meter.end();
      lastedSeconds = performance.now() / 1000 - lastedSeconds;
      for (const [name, { cpuSeconds, mostMb }] of metered) progress(`${name}: ${((cpuSeconds / lastedSeconds) * 100).toFixed(1)} % of a core, ${mostMb.toFixed(0)} MB`);
    },
  };
  try {
    mkdirSync(join(folder, 'run'));
    const result = await runOnStack({ folder: join(folder, 'run'), seed: '1', compress: 1, seconds, sensors: SENSORS, rounds: 0, say: progress, whileSent });
    const wrong = result.checks.filter(({ differences }) => differences.length > 0);
    if (wrong.length > 0) throw new Error(`not all is right: ${wrong.map(({ name, differences }) => `${name}: ${differences.join(', ')}`).join('; ')}`);
    const { report } = result;
    const { messages, rate, alarms, recovered } = PRESETS.case2;
    const number = (value: number, digits = 0): string => value.toLocaleString('en-US', { maximumFractionDigits: digits });
    const system = (name: string, { processes, cpuSeconds, mostMb }: Metered): string[] => [name, number(processes), `${number((cpuSeconds / lastedSeconds) * 100, 1)} %`, number(mostMb)];
    const all = [...metered.values()];
    const total = { processes: all.reduce((sum, { processes }) => sum + processes, 0), cpuSeconds: all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0), mostMb: meter.mostOfAllMb };
    return {
      title: `The source’s second case at its own rate, on the whole stack${isFull ? `, for ${SOURCE_MINUTES} minutes` : ''}`,
      about: [
        `\`vigia simulate --preset case2\` at ${number(rate, 1)} messages/s for ${number(report.durationSeconds / 60, 1)} minutes, through HAProxy to two ingest endpoints, on every system that \`npm run stack\` starts, all on this machine’s cores; ${number(SENSORS)} sensors and customers. EventStoreDB is the double of the tests.`,
        'CPU: of one core, over the time of sending; memory: the most resident at one time, all processes of the system together.',
        `All outputs were held against what was sent (${result.checks.length} checks, as \`npm run acceptance -- --stack\`): nothing lost, nothing doubled, one e-mail an alarm. Processed ${(result.settledMs / 1000).toFixed(1)} s after the last message.`,
        '',
        '| | the source | here |',
        '| --- | --- | --- |',
        `| messages | ${number(messages)} | ${number(report.acknowledged)} |`,
        `| messages/s (mean) | ${number(rate)} | ${number(report.rate)} |`,
        `| minutes | ${SOURCE_MINUTES} | ${number(report.durationSeconds / 60, 1)} |`,
        `| alarms activated | ${number(alarms)} | ${number(report.alarms.total)} |`,
        `| alarms recovered | ${number(recovered)} | ${number(report.alarms.recovered)} |`,
      ].join('\n'),
      columns: ['system', 'processes', 'CPU', 'MB'],
      rows: [...[...metered].map(([name, each]) => system(name, each)), system('all', total)],
    };
  } finally {
    await killAll();
    rmSync(folder, { recursive: true });
  }
};

/** By what its program is called; Vigía’s own by their roles. */
const PROGRAMS: readonly (readonly [part: string, name: string])[] = [
  ['CassandraDaemon', 'Cassandra, 3 nodes'],
  ['kafka.Kafka', 'Kafka, 2 brokers'],
  ['influxd', 'InfluxDB'],
  ['mailpit', 'Mailpit'],
  ['haproxy', 'HAProxy'],
  ['node-exporter', 'node-exporter'],
  ['prometheus', 'Prometheus'],
  ['doubles/eventstoredb', 'EventStoreDB (double)'],
  ['simulate\0', 'the simulator'],
];

function systemOf(args: string, environment: string): string | null {
  if (args.includes('dist/main.js')) return `Vigía ${/(?:^|\0)VIGIA_ROLES=([^\0]*)/.exec(environment)?.[1] ?? ''}`;
  return PROGRAMS.find(([part]) => args.includes(part))?.[1] ?? null;
}
