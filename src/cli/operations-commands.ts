import { InvalidArgumentError, type Command } from 'commander';
import type { FullReconciliation } from '../console/operations.js';
import { ALL_PROJECTIONS, INFLUX_PROJECTIONS } from '../projections/all-projections.js';
import type { RebuildAllReport } from '../projections/projection-runner.js';
import { showProgress } from './progress-bar.js';
import { withApi } from './with-api.js';

interface JsonFlag {
  readonly json?: true;
}

interface HistoryEvent {
  readonly type: string;
  readonly revision: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: { readonly recordedAt: string; readonly causationId: string };
}

interface ListedDeadLetter {
  readonly id: string;
  readonly status: string;
  readonly source: { readonly topic: string; readonly partition: number; readonly offset: number };
  readonly reason: string;
  readonly receivedAt: string;
  readonly valueBase64: string | null;
}

/** Adds `replay`, `rebuild`, `dead-letters` and `reconcile`. */
export function addOperationsCommands(program: Command): void {
  program
    .command('replay')
    .description("print a sensor's history, event by event, oldest first")
    .argument('<sensor>', 'sensor id', sensorId)
    .option('--as-of <time>', 'only what had been recorded by this time (ISO 8601 with zone)')
    .option('--json', 'as a JSON array of events with their metadata')
    .action(replay);

  program
    .command('rebuild')
    .description('build a read model anew from the first event, compare it with the live one, then switch')
    .argument('[projection]', `one of ${namesOf(ALL_PROJECTIONS)}; with InfluxDB also ${namesOf(INFLUX_PROJECTIONS)}`)
    .option('--all', 'all of them, each event read once')
    .option('--json', 'print the result as JSON')
    .action(async (projection: string | undefined, { all, ...flags }: JsonFlag & { all?: true }, command: Command) => {
      if ((all === true) === (projection !== undefined)) command.error('error: name a projection, or give --all, and not both');
      await (projection === undefined ? rebuildAll(flags) : rebuild(projection, flags));
    });

  program
    .command('reconcile')
    .description('hold log, events, read models and e-mails against each other; exits with 1 when there is a difference')
    .option('--from <time>', 'only records and alarms from this time of the log on (ISO 8601 with zone), handled or not; read models as a whole')
    .option('--to <time>', 'only those up to this time; what a receipt covers belongs to the time of its last record')
    .option('--json', 'print the sums as JSON')
    .action(reconcile);

  const letters = program.command('dead-letters').description('records of ENTRY and OK that could not be read');
  letters
    .command('list')
    .description('list them, with the reason and the first bytes')
    .option('--json', 'as JSON, a line each, with all bytes in base64')
    .action(listDeadLetters);
  for (const [name, description] of [
    ['replay', 'put them back at the end of their topics'],
    ['drop', 'mark them as of no use; their bytes stay until the retention of the topic'],
  ] as const) {
    letters
      .command(name)
      .description(description)
      .argument('[ids...]', 'ids as listed')
      .option('--all', 'all open ones')
      .action(async (ids: string[], { all }: { all?: true }, command: Command) => {
        if ((all === true) === ids.length > 0) command.error('error: name ids as listed, or give --all, and not both');
        await closeDeadLetters(name, all ? 'all' : ids);
      });
  }
}

async function replay(sensor: number, { asOf, json }: JsonFlag & { asOf?: string }): Promise<void> {
  await withApi(async (api) => {
    const query = asOf === undefined ? '' : `?asOf=${encodeURIComponent(asOf)}`;
    const events: HistoryEvent[] = [];
    for await (const event of api.list<HistoryEvent>(`/api/audit/sensors/${sensor}${query}`)) events.push(event);
    events.reverse();
    if (json) return console.log(JSON.stringify(events, null, 2));
    if (events.length === 0) console.log(`sensor ${sensor} has no events`);
    for (const { type, revision, data, metadata } of events) {
      const { sensorId: _known, evidence: _long, policy: _policy, ...told } = data;
      const words = Object.entries(told).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
      console.log(`${metadata.recordedAt}  ${String(revision).padStart(4)}  ${type.padEnd(15)} ${words.join(' ')}  (${metadata.causationId})`);
    }
  }, { needsConsole: true });
}

function namesOf(projections: readonly { readonly name: string }[]): string {
  return projections.map(({ name }) => name).join(', ');
}

/** `events 24, rows 6, equal true` */
function inWords(sums: object): string {
  return Object.entries(sums).map(([name, value]) => `${name} ${String(value)}`).join(', ');
}

async function rebuild(projection: string, { json }: JsonFlag): Promise<void> {
  await withApi(async (api) => {
    const { onProgress, end } = showProgress(`rebuilding ${projection}`);
    const result = await api.run<Record<string, unknown>>(`/api/operations/projections/${encodeURIComponent(projection)}/rebuild`, onProgress).finally(end);
    console.log(json ? JSON.stringify(result) : `${projection}: ${inWords(result)}`);
    if (result['equal'] === false) process.exitCode = 1;
  });
}

async function rebuildAll({ json }: JsonFlag): Promise<void> {
  await withApi(async (api) => {
    const { onProgress, end } = showProgress('rebuilding all read models');
    const report = await api.run<RebuildAllReport>('/api/operations/rebuild', onProgress).finally(end);
    const { events, durationMs, readModels } = report;
    if (json) console.log(JSON.stringify(report));
    else {
      for (const { name, ...how } of readModels) console.log(`${name}: ${inWords(how)}`);
      console.log(`all: events ${events}, durationMs ${durationMs}`);
    }
    if (readModels.some((each) => 'problem' in each || each.equal === false)) process.exitCode = 1;
  });
}

async function reconcile({ from, to, json }: JsonFlag & { from?: string; to?: string }): Promise<void> {
  await withApi(async (api) => {
    const { onProgress, end } = showProgress('reconciling');
    const range = Object.entries({ from, to }).flatMap(([name, time]) => (time === undefined ? [] : [`${name}=${encodeURIComponent(time)}`]));
    const sums = await api.run<FullReconciliation>(`/api/operations/reconcile?${range.join('&')}`, onProgress).finally(end);
    const { records, normal, events, ignored, deadLettered, unaccounted, doubled, readModels, emails } = sums;
    if (json) console.log(JSON.stringify(sums));
    else {
      for (const [name, value] of Object.entries({ records, normal, events, deadLettered, unaccounted, doubled })) console.log(`${name.padEnd(14)} ${value}`);
      for (const [reason, value] of Object.entries(ignored)) console.log(`ignored        ${value} ${reason}`);
      for (const { name, rows, differing } of readModels) console.log(`read model     ${name}: ${rows === null ? (differing > 0 ? 'could not be compared' : 'not built') : `${rows} rows, ${differing} differ`}`);
      console.log(`e-mails        ${inWords(emails)}`);
      for (const problem of sums.problems) console.log(`! ${problem}`);
    }
    if (unaccounted > 0 || doubled > 0 || sums.problems.length > 0) process.exitCode = 1;
  });
}

async function listDeadLetters({ json }: JsonFlag): Promise<void> {
  await withApi(async (api) => {
    let count = 0;
    for await (const letter of api.list<ListedDeadLetter>('/api/operations/dead-letters')) {
      count += 1;
      if (json) {
        console.log(JSON.stringify(letter));
        continue;
      }
      const { id, status, source, reason, receivedAt, valueBase64 } = letter;
      const bytes = valueBase64 === null ? 'tombstone' : JSON.stringify(Buffer.from(valueBase64, 'base64').toString('utf8').slice(0, 60));
      console.log(`${id}  ${status.padEnd(8)}  ${receivedAt}  ${source.topic}-${source.partition}@${source.offset}  ${reason}  ${bytes}`);
    }
    if (!json && count === 0) console.log('no dead letters');
  });
}

async function closeDeadLetters(how: 'replay' | 'drop', ids: 'all' | readonly string[]): Promise<void> {
  await withApi(async (api) => {
    const { count } = await api.post<{ count: number }>(`/api/operations/dead-letters/${how}`, { ids });
    console.log(`${count} ${how === 'replay' ? 'replayed' : 'dropped'}`);
  });
}

function sensorId(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('expected a sensor id, a whole number ≥ 0');
  return Number(text);
}
