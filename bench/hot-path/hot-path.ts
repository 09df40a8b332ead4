import { kcatProgram } from '../../test/servers/kcat.js';
import { KafkaCluster } from '../../test/servers/kafka.js';
import { MissingProgram } from '../../test/servers/system-program.js';
import { PRODUCT_OPTIONS } from '../../test/support/product-command.js';
import { barChart } from '../bar-chart.js';
import { median, perSecond, spread, type BenchCase, type CaseResult } from '../bench-case.js';
import { javaPeers, type PeerCommand } from '../peers/java-peers.js';
import { ABNORMAL_PER_OK, fillBacklog, type Backlog } from './backlog.js';
import { COMMIT_EVERY_MS, Contenders, type ContenderRun } from './contenders.js';
import { differenceFrom } from './truth.js';

const OURS = 'Vigía, one process';
/** As long as it takes two processes to be members of a group before its partitions are given out. */
const JOIN_DELAY_MS = 5_000;

/** Draining a backlog on a real broker that shares the two cores; `share` of the readings is abnormal. */
export const hotPath = (share: number): BenchCase => async ({ isQuick, progress }) => {
  const readings = isQuick ? 500_000 : 20_000_000;
  const runs = isQuick ? 1 : 3;
  kcatProgram();
  const { commandOf, missing } = preparePeers();
  if (missing !== null) progress(`without Flink and Kafka Streams: ${missing}`);
  const kafka = await KafkaCluster.start({ brokers: 1, heapMb: 512, properties: { 'group.initial.rebalance.delay.ms': JOIN_DELAY_MS } });
  try {
    progress(`filling the backlog of ${readings.toLocaleString('en-US')} readings`);
    const backlog = await fillBacklog(kafka.bootstrapServers, readings, share);
    const contenders = listOf(new Contenders(kafka.bootstrapServers, backlog), commandOf, isQuick);
    const results = new Map(Object.keys(contenders).map((name): [string, ContenderRun[]] => [name, []]));
    for (let turn = 0; turn < runs; turn += 1) {
      for (const [name, contend] of Object.entries(contenders)) {
        const result = await contend();
        results.get(name)!.push(result);
        progress(`run ${turn + 1} of ${runs}, ${name}: ${perSecond(result.records / result.seconds)}, ${judged([result], backlog)}`);
      }
    }
    return table(share, backlog, results, missing);
  } finally {
    await kafka.stop();
  }
};

/** Without the tools that build them the Java peers are left out, and the table says so. */
function preparePeers(): { readonly commandOf: PeerCommand | null; readonly missing: string | null } {
  try {
    return { commandOf: javaPeers(), missing: null };
  } catch (error) {
    if (!(error instanceof MissingProgram)) throw error;
    return { commandOf: null, missing: error.message };
  }
}

function listOf(contenders: Contenders, commandOf: PeerCommand | null, isQuick: boolean): Record<string, () => Promise<ContenderRun>> {
  const java: Record<string, () => Promise<ContenderRun>> = {};
  if (commandOf !== null) {
    java['Flink, checkpoints, exactly once'] = () => contenders.java(commandOf, 'flink', 'exactly-once');
    if (!isQuick) java['Flink, no checkpoints'] = () => contenders.java(commandOf, 'flink', 'off');
    java['Kafka Streams, exactly_once_v2'] = () => contenders.java(commandOf, 'kafka-streams', 'exactly_once_v2');
    if (!isQuick) java['Kafka Streams, at_least_once'] = () => contenders.java(commandOf, 'kafka-streams', 'at_least_once');
  }
  return {
    [OURS]: () => contenders.vigia(1),
    'kcat to /dev/null': () => contenders.kcat(), // next to ours, which is compared with it most closely: the machine is not always as fast
    'Vigía, two processes': () => contenders.vigia(2),
    ...java,
    'plain kafkajs, eachBatch + JSON.parse': () => contenders.plainKafkajs(),
  };
}

function table(share: number, backlog: Backlog, results: ReadonlyMap<string, readonly ContenderRun[]>, missing: string | null): CaseResult {
  const { readings, oks } = backlog;
  const rates = (name: string): number[] => results.get(name)!.map(({ records, seconds }) => records / seconds);
  const ours = rates(OURS);
  const percent = `${(share * 100).toLocaleString('en-US')} %`;
  const title = `Hot path: a backlog on Kafka, ${percent} abnormal`;
  return {
    title,
    about: [
      `${readings.toLocaleString('en-US')} readings in the source's literal form (key and value, 50,000 sensors, a third of the abnormal ones of each type) in ENTRY, and ${oks.toLocaleString('en-US')} OK messages (${((oks / (readings + oks)) * 100).toPrecision(2)} % of all, one for ${ABNORMAL_PER_OK} abnormal readings),`,
      'in 2 partitions each of one Kafka 4.3.1 broker on the same cores, drained to the end, the contenders by turns; from the first record to the last, with whatever makes the results durable. The start of a process is left out, except for kcat, whose time is that of the whole process.',
      `CPU and memory are those of the contender alone. Each contender's alarms (by place and type of the completing reading) are held against the ${backlog.alarms.size.toLocaleString('en-US')} which a reference of a few lines finds in the messages' order; with others it does not count.`,
      '',
      '- Vigía: rules, events (strikes, alarms, recoveries) and receipts durably in the embedded event store, CRC of each batch, when each sensor was heard of last (in the scan’s own memory of 10 MB). Two processes share a consumer group, each with an event store of its own.',
      `- Flink 2.2.1 (connector 5.0.0-2.2, Java 17, 512 MB heap, serial collector): MiniCluster, parallelism 2, object reuse, state on the heap, normal readings dropped while they are read (Jackson 2.21 streaming, no strings), ENTRY and OK in order by watermarks per partition; alarms to a topic. Checkpoints each ${COMMIT_EVERY_MS / 1000} s to a file system, alarms in transactions; or neither.`,
      `- Kafka Streams 4.3.1 (Java 17, 512 MB heap, serial collector): 2 threads, no repartitioning, state in memory with cache and changelog, the same parser; alarms to a topic; a commit each ${COMMIT_EVERY_MS / 1000} s. Both fetch 4 MB a partition and send with 20 ms linger.`,
      `- Vigía and plain kafkajs: Node with ${PRODUCT_OPTIONS.map((option) => `\`${option}\``).join(' ')}, as \`npm start\` has it.`,
      '- plain kafkajs: parses, puts ENTRY and OK in order, applies the rules in memory, and stores nothing. kcat: reads ENTRY and throws it away.',
      ...(missing === null ? [] : ['', `Flink and Kafka Streams were left out: ${missing}`]),
    ].join('\n'),
    columns: ['contender', 'readings/s', 'Vigía, one process, is in the same turn', 'CPU s per million', 'resident MB', 'alarms'],
    rows: [...results].map(([name, each]) => [
      name,
      spread(rates(name)),
      `${spread(rates(name).map((rate, turn) => ours[turn]! / rate), 1)}×`,
      spread(each.map(({ cpuSeconds, records }) => (cpuSeconds / records) * 1e6), 2),
      each.every(({ residentMb }) => residentMb !== null) ? spread(each.map(({ residentMb }) => residentMb as number)) : '–',
      judged(each, backlog),
    ]),
    plot: {
      file: `hot-path-${share * 100}.svg`,
      svg: barChart({
        title,
        unit: 'readings per second',
        bars: [...results.keys()].map((name) => ({ label: name, min: Math.min(...rates(name)), median: median(rates(name)), max: Math.max(...rates(name)) })),
      }),
    },
  };
}

/** Of all runs of a contender; one with wrong alarms is enough. */
function judged(runs: readonly ContenderRun[], backlog: Backlog): string {
  if (runs.some(({ alarms }) => alarms === null)) return '–';
  const differences = runs.map(({ alarms }) => differenceFrom(backlog.alarms, alarms as readonly string[])).filter((difference) => difference !== null);
  return differences.length > 0 ? `**wrong**, does not count: ${differences.join('; ')}` : `${backlog.alarms.size.toLocaleString('en-US')}, right`;
}
