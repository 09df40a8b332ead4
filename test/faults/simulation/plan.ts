import { Random } from '../../../src/cli/simulator/random.js';
import { ALL_PROJECTIONS } from '../../../src/projections/all-projections.js';
import { drawBody, drawSensorTime } from './draw-body.js';
import { START_MS } from './scheduler.js';
import { NO_FAULTS, type CallFaults } from './sim-network.js';
import type { CrashMoment } from './sim-process.js';
import { SERVER_NAMES, type ServerName } from './sim-servers.js';

/** What an operator asks a machine for, or supervision finds there: `acknowledge` the sensor's last alarm, `shelve` it for `forMs`, … */
export interface Command {
  readonly atMs: number;
  readonly do: 'acknowledge' | 'shelve' | 'unshelve' | 'note-silence' | 'note-return';
  readonly machine: number;
  readonly sensor: number;
  readonly forMs: number;
}

/** One thing that happens in a run; `atMs` counts from its beginning. Plain data, so that a run can be written down and made smaller. */
export type Action = { readonly atMs: number } & (
  | { readonly do: 'send'; readonly topic: 'ENTRY' | 'OK'; readonly body: string; readonly key: string | null; readonly messageId: string | null; readonly tries: number }
  | { readonly do: 'kill'; readonly machine: number; readonly downMs: number }
  | { readonly do: 'crash'; readonly machine: number; readonly call: number; readonly when: CrashMoment; readonly downMs: number }
  | { readonly do: 'stop'; readonly machine: number; readonly downMs: number }
  | { readonly do: 'suspend'; readonly machine: number; readonly forMs: number }
  | { readonly do: 'jump'; readonly machine: number; readonly byMs: number }
  | { readonly do: 'rebuild'; readonly machine: number; readonly projection: string }
  | Command
  | { readonly do: 'down'; readonly server: ServerName; readonly forMs: number }
);

const COMMANDS = new Set<string>(['acknowledge', 'shelve', 'unshelve', 'note-silence', 'note-return'] satisfies Command['do'][]);

export function isCommand(action: Action): action is Command {
  return COMMANDS.has(action.do);
}

/**
 * Sensors that each send a normal reading again and again, from the beginning to the end of the run. One of them is silent for a
 * while, from `fromMs` to `untilMs` after the beginning, and once more when the faults are over: then it must be told of.
 */
export interface Chorus {
  readonly sensors: readonly number[];
  readonly everyMs: number;
  readonly silent: number;
  readonly fromMs: number;
  readonly untilMs: number;
  /** For so long the first process that is about to tell of a silence is frozen, so that another one may know better by then; 0 for none. */
  readonly frozenMs: number;
}

/** A silence takes long to be noticed. */
const CHORUS_LASTS_MS = 90_000;

/** All that a run is made from: the same plan gives the same run. */
export interface Plan {
  /** Of the delays and faults of calls. */
  readonly seed: string;
  readonly machines: number;
  readonly policy: { readonly n: number; readonly windowMs: number | null; readonly clearOnNormal: boolean };
  readonly faults: Readonly<Record<ServerName, CallFaults>>;
  /** Whether every record has its sensor's key, so that all of a sensor's are in partitions of one number. */
  readonly isKeyed: boolean;
  /** Sensors whose silences are supervised. */
  readonly chorus: Chorus | null;
  /** For so long the first process that claims an e-mail is frozen before it hears that it has it, so that it may lose its lease in between; 0 for none. */
  readonly claimFrozenMs: number;
  /** How long faults go on; then nothing fails any more. */
  readonly safetyMs: number;
  readonly actions: readonly Action[];
}

/** The plan of a seed: what is sent, and what goes wrong meanwhile. With `isSupervised` it has a chorus, if it has keys and no `clearOnNormal`. */
export function drawPlan(seed: string, isSupervised = false): Plan {
  const random = Random.seeded(`plan ${seed}`);
  const machines = random.integer(1, 3);
  const shortestMs = random.integer(20, 90) * 1000;
  const isKeyed = random.fraction() < 0.75;
  const policy = {
    n: random.integer(1, 3),
    windowMs: isKeyed && random.fraction() < 0.25 ? random.integer(5, 40) * 1000 : null,
    clearOnNormal: isKeyed && random.fraction() < 0.2,
  };
  const chorus = isSupervised && isKeyed && !policy.clearOnNormal ? drawChorus(seed) : null;
  const safetyMs = shortestMs + (chorus === null ? 0 : CHORUS_LASTS_MS);
  const sensors = Array.from({ length: random.integer(1, 6) }, () => random.integer(1, 60));
  const actions = [...drawMessages(seed, random, safetyMs, isKeyed, sensors), ...drawFaults(random, safetyMs, machines), ...drawCommands(seed, safetyMs, machines, sensors), ...drawCustomersAway(seed, safetyMs)];
  actions.sort((a, b) => a.atMs - b.atMs);
  return { seed, machines, policy, isKeyed, chorus, claimFrozenMs: drawClaimFrozenMs(seed), faults: drawCallFaults(random), safetyMs, actions };
}

/** In some of the seeds, longer than a lease. */
function drawClaimFrozenMs(seed: string): number {
  const random = Random.seeded(`claim ${seed}`);
  return random.fraction() < 0.2 ? random.integer(12, 40) * 1000 : 0;
}

/** In some of the seeds customers can't be asked for longer than an e-mail waits for them, so that it goes without and a follow-up is owed. */
function drawCustomersAway(seed: string, safetyMs: number): Action[] {
  const random = Random.seeded(`customers ${seed}`);
  return random.fraction() < 0.15 ? [{ atMs: random.integer(0, safetyMs), do: 'down', server: 'customers', forMs: random.integer(22, 60) * 1000 }] : [];
}

/** Others than the sensors of the messages. */
function drawChorus(seed: string): Chorus {
  const random = Random.seeded(`chorus ${seed}`);
  const sensors = Array.from({ length: 10 }, (_, index) => 101 + index);
  const fromMs = random.integer(40, 60) * 1000;
  const silent = sensors[random.integer(0, sensors.length - 1)] as number;
  // It takes half a minute to be noticed.
  return { sensors, everyMs: 2000, silent, fromMs, untilMs: fromMs + random.integer(35, 60) * 1000, frozenMs: random.fraction() < 0.5 ? 0 : random.integer(12, 40) * 1000 };
}

/** In half of the seeds. Some come twice, at two machines at once. */
function drawCommands(seed: string, safetyMs: number, machines: number, sensors: readonly number[]): Command[] {
  const random = Random.seeded(`commands ${seed}`);
  const commands: Command[] = [];
  const count = random.fraction() < 0.5 ? 0 : random.integer(2, 20);
  for (let index = 0; index < count; index += 1) {
    const which = random.fraction();
    const command: Command = {
      atMs: random.integer(0, safetyMs),
      do: which < 0.4 ? 'acknowledge' : which < 0.65 ? 'shelve' : which < 0.75 ? 'unshelve' : which < 0.9 ? 'note-silence' : 'note-return',
      machine: random.integer(0, machines - 1),
      sensor: sensors[random.integer(0, sensors.length - 1)] as number,
      forMs: random.integer(500, 20_000),
    };
    commands.push(command);
    if (random.fraction() < 0.3) commands.push({ ...command, machine: random.integer(0, machines - 1), atMs: command.atMs + random.integer(0, 5) });
  }
  return commands;
}

function drawMessages(seed: string, random: Random, safetyMs: number, isKeyed: boolean, sensors: readonly number[]): Action[] {
  const times = Random.seeded(`times ${seed}`);
  const messages = random.integer(10, 70);
  const actions: Action[] = [];
  // In bursts, so that a fetch has several records of a sensor.
  let atMs = 0;
  for (let index = 0; index < messages; index += 1) {
    if (random.fraction() < 0.5) atMs = random.integer(0, safetyMs);
    const topic = random.fraction() < 0.2 ? 'OK' : 'ENTRY';
    const sensor = sensors[random.integer(0, sensors.length - 1)] as number;
    const key = isKeyed || random.fraction() < 0.5 ? String(sensor) : null;
    const tries = random.fraction() < 0.15 ? 2 : 1;
    const messageId = random.fraction() < 0.4 ? `m-${index}` : null;
    const at = times.fraction() < 0.6 ? drawSensorTime(times, START_MS + atMs) : null;
    actions.push({ atMs, do: 'send', topic, body: drawBody(random, topic, sensor, at), key, messageId, tries });
    atMs += random.integer(0, 30);
  }
  return actions;
}

function drawFaults(random: Random, safetyMs: number, machines: number): Action[] {
  const actions: Action[] = [];
  const count = random.integer(0, 8);
  for (let index = 0; index < count; index += 1) {
    const atMs = random.integer(0, safetyMs);
    const machine = random.integer(0, machines - 1);
    const downMs = random.fraction() < 0.5 ? random.integer(1, 50) : random.integer(50, 20_000);
    const which = random.fraction();
    if (which < 0.35) actions.push({ atMs, do: 'crash', machine, call: random.integer(1, 60), when: random.fraction() < 0.5 ? 'before' : 'after', downMs });
    else if (which < 0.4) actions.push({ atMs, do: 'kill', machine, downMs });
    else if (which < 0.55) actions.push({ atMs, do: 'stop', machine, downMs });
    else if (which < 0.75) actions.push({ atMs, do: 'suspend', machine, forMs: random.integer(500, 40_000) });
    else if (which < 0.8) actions.push({ atMs, do: 'jump', machine, byMs: random.integer(-120_000, 120_000) });
    else if (which < 0.85) actions.push({ atMs, do: 'rebuild', machine, projection: (ALL_PROJECTIONS[random.integer(0, ALL_PROJECTIONS.length - 1)] as { name: string }).name });
    else actions.push({ atMs, do: 'down', server: SERVER_NAMES[random.integer(0, SERVER_NAMES.length - 1)] as ServerName, forMs: random.integer(100, 15_000) });
  }
  return actions;
}

function drawCallFaults(random: Random): Record<ServerName, CallFaults> {
  const kind = random.fraction();
  const level = kind < 0.25 ? 0 : random.fraction() * 0.1;
  const rate = (): number => (random.fraction() < 0.4 ? 0 : random.fraction() * level);
  const ofServer = (): CallFaults => ({ refuse: rate(), loseCall: rate(), loseAnswer: rate(), repeat: rate(), stall: rate(), stallMs: random.integer(20, 8000) });
  const mail = { ...ofServer(), repeat: 0 }; // nothing sends an SMTP dialogue a second time by itself
  // A store so slow that what one process sends arrives when another has gone on.
  const slow = { refuse: 0.01, loseCall: 0.02, loseAnswer: 0.1, repeat: 0.02, stall: 0.15, stallMs: 6000 };
  return { store: kind > 0.85 ? slow : ofServer(), log: ofServer(), mail, customers: ofServer(), disk: { ...NO_FAULTS, refuse: rate(), stall: rate(), stallMs: 2000 } };
}
