import { randomBytes, randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { systemClock, type Clock } from '../clock.js';
import { integerFrom, numberFrom } from './number-option.js';
import { AnswersFile } from './simulator/answers-file.js';
import { IngestClient, UnexpectedAnswer } from './simulator/ingest-client.js';
import { MESSAGE_FORMS, type MessageForm } from './simulator/message-form.js';
import { PRESETS, type PresetName } from './simulator/presets.js';
import { showProgress } from './simulator/progress.js';
import { OptionsConflict, resolveOptions } from './simulator/run-options.js';
import { MAX_REQUESTS, Simulation, type SimulationOptions, type SimulationReport } from './simulator/simulation.js';

interface Flags {
  readonly url: string;
  readonly seed?: string;
  readonly preset?: PresetName;
  readonly compress?: number;
  readonly rate?: number;
  readonly sensors: number;
  readonly abnormal?: number;
  readonly recovery?: number;
  /** Milliseconds, Infinity for a run without an end: commander takes no null for a value. */
  readonly duration?: number;
  readonly messages?: number;
  readonly batch?: number;
  readonly form?: MessageForm;
  readonly messageIds?: true;
  readonly json?: string;
  readonly answers?: string;
  readonly wait: number;
  readonly quiet?: true;
}

const HELP = `
The same seed and options give the same messages, whatever the timing. The report foretells which alarms
must follow, for sensors that begin with no open alarm and no strike.

Examples:
  vigia simulate --preset case1 --duration forever
  vigia simulate --preset case2 --compress 10 --message-ids --json report.json
  vigia simulate --rate 5 --sensors 20 --abnormal 0.2 --duration 60s --form mixed`;

/** Adds `vigia simulate`. */
export function addSimulateCommand(program: Command): void {
  program
    .command('simulate')
    .description('send the readings of simulated sensors and report which alarms must follow')
    .option('--url <url>', 'the ingest endpoint', parseUrl, 'http://127.0.0.1:19092')
    .option('--seed <text>', 'decides all that is sent (default: another one each time)')
    .addOption(new Option('--preset <name>', 'the load of one of the source\'s two cases').choices(Object.keys(PRESETS)))
    .option('--compress <factor>', 'the preset\'s same messages in so many times less time', numberFrom(0.01, 1000))
    .option('--rate <number>', 'messages per second (default: the preset\'s, or 692)', numberFrom(0.01, 1_000_000))
    .option('--sensors <number>', 'how many sensors, with ids from 1', integerFrom(1, 10_000_000), 50_000)
    .option('--abnormal <share>', 'share of readings with motion, smoke or heat (default: the preset\'s, or 0.0015)', numberFrom(0, 0.5))
    .option('--recovery <share>', 'share of alarms recovered soon; the others are after 30 minutes; 0 for none ever (default: the preset\'s, or 0.5)', numberFrom(0, 1))
    .option('--duration <time>', 'such as 90s, 30m, 2h; 0 or forever: until Ctrl-C (default: the preset\'s messages, or forever)', parseDuration)
    .option('--messages <number>', 'end after so many messages', integerFrom(1, Number.MAX_SAFE_INTEGER))
    .option('--batch <number>', 'messages per request at most (default: 1 up to 100 messages/s, then by the rate)', integerFrom(1, 5000))
    .addOption(new Option('--form <form>', 'how a message is written (default: literal; object with --message-ids)').choices(MESSAGE_FORMS))
    .option('--message-ids', 'give each message an id, so that it can be sent again until acknowledged')
    .option('--json <file>', 'write the report there, - for standard output')
    .option('--answers <file>', 'write there what each message was answered, as a line of JSON')
    .option('--wait <seconds>', 'how long to wait for the endpoint at the start', numberFrom(0, 86_400), 30)
    .option('--quiet', 'no progress and no summary')
    .addHelpText('after', HELP)
    .action(async (flags: Flags, command: Command) => {
      try {
        await simulate(flags, systemClock);
      } catch (error) {
        const isExpected = error instanceof OptionsConflict || error instanceof UnexpectedAnswer || error instanceof NoTarget;
        if (!isExpected) throw error;
        command.error(`error: ${error.message}`);
      }
    });
}

/** Nothing answered at the start. */
class NoTarget extends Error {}

async function simulate(flags: Flags, clock: Clock): Promise<void> {
  const { duration, seed, messageIds, answers: answersFile, ...rest } = flags;
  const options = resolveOptions({
    ...rest,
    ...(duration === undefined ? {} : { durationMs: duration === Infinity ? null : duration }),
    seed: seed ?? String(randomInt(2 ** 31)),
    messageIdPrefix: messageIds ? `sim-${randomBytes(4).toString('hex')}` : null,
  });
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  // A parent that forked this process and is gone, even by kill -9, disconnects it.
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal).once('disconnect', onSignal);
  const client = new IngestClient(new URL(options.url), MAX_REQUESTS);
  const answers = answersFile === undefined ? null : new AnswersFile(answersFile);
  try {
    await waitForTarget(client, options.url, flags, clock, interrupt.signal);
    if (!flags.quiet) process.stderr.write(`${headline(options)}\n`);
    const simulation = new Simulation(options, client, clock, answers === null ? {} : { onSettled: (settled) => answers.write(settled) });
    const end = new AbortController();
    const progress = flags.quiet ? Promise.resolve() : showProgress(simulation, clock, end.signal);
    const report = await simulation.run(interrupt.signal).finally(() => end.abort());
    await progress;
    if (!flags.quiet) process.stderr.write(`${summary(report)}\n`);
    if (flags.json !== undefined) writeReport(flags.json, report);
    if (report.refused > 0) process.exitCode = 1;
  } finally {
    client.close();
    answers?.close();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal).off('disconnect', onSignal);
  }
}

async function waitForTarget(client: IngestClient, url: string, flags: Flags, clock: Clock, interrupt: AbortSignal): Promise<void> {
  const startMs = clock.now();
  for (let tries = 0; !interrupt.aborted; tries++) {
    const why = await client.ping();
    if (why === null) return;
    const waitedSeconds = (clock.now() - startMs) / 1000;
    if (waitedSeconds >= flags.wait) {
      throw new NoTarget(`no ingest endpoint answers at ${url} (${why}); start Vigía with npm start, or name another with --url`);
    }
    // Every fifth second is enough to show that it still waits.
    if (!flags.quiet && tries % 10 === 0) {
      process.stderr.write(`waiting for ${url} (${why}), ${Math.round(waitedSeconds)} of ${flags.wait} s\n`);
    }
    await clock.sleep(500, interrupt);
  }
}

function headline({ plan, rate, url, messages, durationMs, batch, form }: SimulationOptions): string {
  const until = messages !== null ? `${messages.toLocaleString('en-US')} messages` : durationMs !== null ? `${durationMs / 1000} s` : 'until Ctrl-C';
  return `seed ${plan.seed}: ${until} at ${rate.toLocaleString('en-US')}/s from ${plan.sensors} sensors to ${url}, form ${form}, ${batch} a request at most`;
}

function summary(report: SimulationReport): string {
  const { alarms } = report;
  const lines = [
    `sent ${report.sent} in ${report.durationSeconds.toFixed(1)} s: ${report.acknowledged} acknowledged (${report.rate.toFixed(0)}/s), ` +
      `${report.refused} refused, ${report.unknown} unknown, ${report.notStored} not stored, ${report.retries} sent again`,
    `readings: ${report.normal} normal, ${report.abnormal} abnormal; OK messages: ${report.byTopic.OK}`,
    `alarms that must follow: ${alarms.total} (${alarms.byType.motion} motion, ${alarms.byType.smoke} smoke, ${alarms.byType.temperature} temperature), ` +
      `${alarms.recovered} recovered, ${alarms.open} open; ${report.uncertain.length} sensors uncertain`,
    ...Object.entries(report.errors).map(([why, times]) => `failed attempts: ${times} × ${why}`),
    ...report.refusals.map(({ status, body }) => `refused with ${status}: ${body}`),
  ];
  return lines.join('\n');
}

function writeReport(target: string, report: SimulationReport): void {
  const text = `${JSON.stringify(report)}\n`;
  if (target === '-') process.stdout.write(text);
  else writeFileSync(target, text);
}

// ---- option values ------------------------------------------------------------------------------

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000 } as const;

function parseDuration(text: string): number {
  if (text === '0' || text === 'forever') return Infinity;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? [];
  if (amount === undefined || Number(amount) === 0) throw new InvalidArgumentError('expected a time such as 90s, 30m or 2h, or forever.');
  return Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

function parseUrl(text: string): string {
  const isHttp = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  if (!isHttp) throw new InvalidArgumentError('expected an http:// or https:// URL.');
  return text;
}
