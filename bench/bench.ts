import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { MissingProgram } from '../test/servers/system-program.js';
import { abnormal } from './abnormal.js';
import { case2 } from './case2.js';
import { consoleCase } from './console.js';
import { embeddedPath } from './embedded-path.js';
import { eventStore } from './event-store.js';
import { growthEvents } from './growth-events.js';
import { growthSensors } from './growth-sensors.js';
import { hotPath } from './hot-path/hot-path.js';
import { ingestKafka } from './ingest-kafka.js';
import { ingest } from './ingest.js';
import { latencyPeers } from './latency-peers.js';
import { latency } from './latency.js';
import { rebuild } from './rebuild.js';
import { startUp } from './start-up.js';
import type { BenchCase, CaseResult } from './bench-case.js';

/** `npm run bench -- [CASE…] [--quick | --full]`: runs all cases, or those named; what ran in full takes its place in bench/RESULTS.md. */
const CASES: Readonly<Record<string, { readonly run: BenchCase; readonly measures: string }>> = {
  'hot-path': { run: hotPath(0.0005), measures: 'draining a backlog on Kafka, beside Flink, Kafka Streams, plain kafkajs and kcat; 0.05 % of it abnormal' },
  'hot-path-1': { run: hotPath(0.01), measures: 'the same, 1 % abnormal' },
  'hot-path-10': { run: hotPath(0.1), measures: 'the same, 10 % abnormal' },
  'embedded-path': { run: embeddedPath, measures: 'draining a backlog of the embedded log, with and without the discard by bytes' },
  abnormal: { run: abnormal, measures: 'strikes and alarms, every reading abnormal, into both event stores, and by the whole product to the e-mail' },
  'event-store': { run: eventStore, measures: 'appends to and reads of both event stores, beside the bare client of EventStoreDB' },
  'ingest-kafka': { run: ingestKafka, measures: 'readings accepted over HTTP onto Kafka, beside fastify with kafkajs and kafka-pixy' },
  latency: { run: latency, measures: 'from a reading accepted to its alarm stored and its e-mail sent, on Kafka' },
  'latency-peers': { run: latencyPeers, measures: 'from a reading in ENTRY to its alarm on a topic, beside Flink and Kafka Streams' },
  case2: { run: case2, measures: 'the source’s second case at its own rate on the whole stack: CPU and memory per system' },
  console: { run: consoleCase, measures: 'first view and interaction of the console in Chromium, with 50,000 sensors' },
  ingest: { run: ingest, measures: 'readings accepted over HTTP into the embedded log' },
  rebuild: { run: rebuild, measures: 'building each read model anew from all events' },
  'growth-events': { run: growthEvents, measures: 'an event store of 10 thousand, 1 million and 10 million events: appends, start-up, memory, rebuilds, an auditor’s questions' },
  'growth-sensors': { run: growthSensors, measures: '1,000, 50,000 and 1,000,000 sensors that all report: start-up, memory, the map' },
  'start-up': { run: startUp, measures: 'from the start of the process to every part being up' },
};

const args = process.argv.slice(2);
const isQuick = args.includes('--quick');
const isFull = args.includes('--full');
const named = args.filter((arg) => !arg.startsWith('--'));
if (args.includes('--help')) {
  console.log('usage: npm run bench -- [--quick | --full] [CASE…]\n\n--quick runs each case once on little data, and leaves bench/RESULTS.md as it is.\n--full sends all 30 minutes of case2; without it there are 3 of them.\n');
  for (const [name, { measures }] of Object.entries(CASES)) console.log(`${name.padEnd(15)} ${measures}`);
  process.exit(0);
}
for (const name of named) {
  if (!CASES[name]) {
    console.error(`no case is named ${JSON.stringify(name)}; there are ${Object.keys(CASES).join(', ')}`);
    process.exit(1);
  }
}

const page = fileURLToPath(new URL('RESULTS.md', import.meta.url));
for (const name of named.length > 0 ? named : Object.keys(CASES)) {
  const progress = (step: string): void => console.error(`${name}: ${step}`);
  progress('begins');
  const result = await CASES[name]!.run({ isQuick, isFull, progress }).catch((error: unknown) => {
    if (error instanceof MissingProgram) return error;
    throw error;
  });
  if (result instanceof MissingProgram) {
    progress(`left out, as ${result.message}`);
    if (named.length > 0) process.exitCode = 1;
    continue;
  }
  const section = toMarkdown(result, isFull ? `${name} --full` : name);
  console.log(section);
  if (isQuick) continue;
  if (result.plot) writeFileSync(fileURLToPath(new URL(result.plot.file, import.meta.url)), result.plot.svg);
  writeFileSync(page, withSection(existsSync(page) ? readFileSync(page, 'utf8') : heading(), result.title, section));
}

/** The page with a case's section in the place of an earlier one. */
function withSection(text: string, title: string, section: string): string {
  const [head = '', ...sections] = text.split(/^(?=## )/m);
  const isOfCase = (each: string): boolean => each.startsWith(`## ${title}\n`);
  const place = sections.findIndex(isOfCase);
  const others = place < 0 ? [...sections, section] : sections.map((each) => (isOfCase(each) ? section : each));
  return `${head.trimEnd()}\n\n${others.map((each) => each.trimEnd()).join('\n\n')}\n`;
}

function heading(): string {
  const [cpu] = cpus();
  return [
    '# Results',
    '',
    'Made by `npm run bench`, each section by its own command; a cell is min / median / max of its runs. Load, servers and product share the same cores.',
    '',
    `- Machine: ${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${(totalmem() / 1024 ** 3).toFixed(0)} GiB, Linux ${release()}`,
    '',
  ].join('\n');
}

function toMarkdown({ title, about, columns, rows, plot }: CaseResult, name: string): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const made = `\`npm run bench -- ${name}\`, ${new Date().toISOString().slice(0, 10)}, Node ${process.version}.`;
  return [`## ${title}`, '', about, '', made, '', line(columns), line(columns.map(() => '---')), ...rows.map(line), ...(plot ? ['', `![${title}](${plot.file})`] : []), ''].join('\n');
}
