import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Application } from './application.js';
import { IngestApplication } from './ingest-application.js';
import { systemClock } from './clock.js';
import { readConfig, type Config } from './config.js';
import { armCrashPoint } from './crash-point.js';
import { parseEventStoreUrl } from './event-store/eventstoredb-url.js';
import { failureText } from './failure-text.js';
import { parseSmtpUrl } from './notifications/smtp-url.js';
import { readsEvents } from './roles.js';
import { DataDirLock } from './storage/data-dir-lock.js';

/** From Ctrl-C to the end; past it the process ends as it is, which loses nothing that was acknowledged. */
const STOP_LIMIT_MS = 4500;

const SIMULATOR_STOP_MS = 1000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  if (process.env['CRASH_AT']) armCrashPoint(process.env['CRASH_AT']);
  // Before anything is opened.
  if (config.smtpUrl !== null) parseSmtpUrl(config.smtpUrl);
  if (config.eventStoreUrl !== null) parseEventStoreUrl(config.eventStoreUrl);
  const isIngestOnly = config.roles.size === 1 && config.roles.has('ingest');
  const application = isIngestOnly ? await IngestApplication.create(config) : await Application.create(config, DataDirLock.acquire(config.dataDir));
  let simulator: ChildProcess | null = null;
  let isStopping = false;

  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    say(`${signal}: stopping`);
    void systemClock.sleep(STOP_LIMIT_MS).then(() => process.exit(1));
    if (simulator) await endOf(simulator);
    await application.stop();
    say('stopped');
    process.exit(0);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    stop(signal).catch(fail);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);

  if (config.generateCustomers > 0 && readsEvents(config)) say('starting; the first time sets up the customers, which takes some seconds');
  const { consoleUrl, ingestUrl } = await application.start();
  if (isStopping) return;
  say(`${config.roles.has('console') ? 'console ' : 'status  '} ${consoleUrl}`);
  if (ingestUrl !== null) say(`ingest   ${ingestUrl}/topics/ENTRY/messages`);
  if (!readsEvents(config)) return;
  if (config.roles.has('notify')) say(config.smtpUrl === null ? `e-mails  ${config.dataDir}/mailbox/` : `e-mails  to ${config.monitoringMailbox}`);
  if (config.simulate && ingestUrl !== null) simulator = startSimulator(config, ingestUrl);
}

/** The simulator is a process of its own that posts over HTTP as sensors do; it ends with this one, by the closed channel even after a kill -9. */
function startSimulator(config: Config, ingestUrl: string): ChildProcess {
  say('readings are simulated; VIGIA_SIMULATE=0 turns that off');
  const sensors = String(Math.max(1, config.generateCustomers));
  const args = ['simulate', '--preset', 'case1', '--duration', 'forever', '--sensors', sensors, '--url', ingestUrl, '--message-ids', '--quiet', '--seed', String(systemClock.now() % 2 ** 31)];
  return spawn(process.execPath, [fileURLToPath(new URL('cli/vigia.js', import.meta.url)), ...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  await Promise.race([ended, systemClock.sleep(SIMULATOR_STOP_MS)]);
  child.kill('SIGKILL');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(error: unknown): void {
  process.stderr.write(`${failureText(error)}\n`);
  process.exit(1);
}

main().catch(fail);
