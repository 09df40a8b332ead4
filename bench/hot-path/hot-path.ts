import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { KafkaCluster } from '../../test/servers/kafka.js';
import { median, perSecond, spread, type BenchCase } from '../bench-case.js';
import { fillBacklog, type Backlog } from './backlog.js';
import type { ContenderResult } from './contender.js';

const run = promisify(execFile);

/** Draining a backlog on a real broker that shares the two cores. */
export const hotPath: BenchCase = async ({ isQuick, progress }) => {
  const readings = isQuick ? 500_000 : 10_000_000;
  const runs = isQuick ? 1 : 3;
  await run('kcat', ['-V']).catch((error: unknown) => {
    throw new Error('kcat is needed beside Vigía: install it, on Debian with apt-get install kcat', { cause: error });
  });
  const kafka = await KafkaCluster.start({ brokers: 1, heapMb: 512 });
  try {
    progress(`filling the backlog of ${readings.toLocaleString('en-US')} readings`);
    const backlog = await fillBacklog(kafka.bootstrapServers, readings, 0.0005);
    const contenders: Record<string, () => Promise<ContenderResult>> = {
      'Vigía, one process': () => runNode('vigia.ts', kafka.bootstrapServers),
      'kcat to /dev/null': () => runKcat(kafka.bootstrapServers, backlog),
      'plain kafkajs, eachBatch + JSON.parse': () => runNode('plain-kafkajs.ts', kafka.bootstrapServers, String(backlog.readings + backlog.oks)),
    };
    const results = new Map(Object.keys(contenders).map((name): [string, ContenderResult[]] => [name, []]));
    for (let turn = 0; turn < runs; turn += 1) {
      for (const [name, contend] of Object.entries(contenders)) {
        const result = await contend();
        results.get(name)!.push(result);
        progress(`run ${turn + 1} of ${runs}, ${name}: ${perSecond(result.records / result.seconds)}`);
      }
    }
    const rates = (name: string): number[] => results.get(name)!.map(({ records, seconds }) => records / seconds);
    const ours = median(rates('Vigía, one process'));
    return {
      title: 'Hot path: a backlog on Kafka',
      about: [
        `${readings.toLocaleString('en-US')} readings in the source's literal form (0.05 % abnormal, 50,000 sensors, key and value, ${backlog.oks.toLocaleString('en-US')} OK messages) in 2 partitions`,
        'of one Kafka 4.3 broker on the same cores, drained to the end. Vigía applies the rules, appends events and receipts durably to the embedded',
        'event store, checks each batch\'s CRC and notes when each sensor was heard of last, in the scan\'s own memory of 10 MB; kcat reads ENTRY and throws it away; plain kafkajs parses, applies the rules in memory and stores nothing.',
        'From the first record to the last; the start of the process is left out, except for kcat, whose time is that of the whole process.',
      ].join('\n'),
      columns: ['contender', 'readings/s', 'Vigía is', 'CPU s per million', 'resident MB', 'alarms'],
      rows: [...results].map(([name, each]) => [
        name,
        spread(rates(name)),
        `${(ours / median(rates(name))).toFixed(1)}×`,
        spread(each.map(({ cpuSeconds, records }) => (cpuSeconds / records) * 1e6), 2),
        spread(each.map(({ residentMb }) => residentMb)),
        [...new Set(each.map(({ alarms }) => alarms ?? '–'))].join(', '),
      ]),
    };
  } finally {
    await kafka.stop();
  }
};

async function runNode(file: string, ...args: string[]): Promise<ContenderResult> {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', fileURLToPath(new URL(file, import.meta.url)), ...args]);
  return JSON.parse(stdout) as ContenderResult;
}

async function runKcat(brokers: string, { readings }: Backlog): Promise<ContenderResult> {
  const command = `TIMEFORMAT='%R %U %S'; time kcat -C -b ${brokers} -t ENTRY -e -q -o beginning > /dev/null`;
  const { stderr } = await run('bash', ['-c', command]);
  const [seconds = NaN, user = NaN, system = NaN] = (stderr.trim().split('\n').at(-1) as string).split(' ').map(Number);
  return { records: readings, seconds, cpuSeconds: user + system, residentMb: 0, alarms: null };
}
