import { sensorStream } from '../../../src/alarm-domain/sensor.js';
import { LogUnavailable, type OutgoingRecord } from '../../../src/message-log/message-log.js';
import { MESSAGE_ID_HEADER } from '../../../src/ingestion/sensor-message.js';
import { retryParked } from '../../../src/notifications/retry-parked.js';
import type { Outputs, SentRecord } from '../verifier/outputs.js';
import { verify, type Figures, type Problem } from '../verifier/verify.js';
import { CommandLog } from './command-log.js';
import { gatherOutputs } from './gather-outputs.js';
import { withoutOutsideChance } from './outside-chance.js';
import { isCommand, type Action, type Plan } from './plan.js';
import { Scheduler } from './scheduler.js';
import { isAtRest } from './is-at-rest.js';
import { SimChorus } from './sim-chorus.js';
import { SimEventStore } from './sim-event-store.js';
import { SimMachine, type Moments } from './sim-machine.js';
import { SimMessageLog } from './sim-message-log.js';
import { SimProcess } from './sim-process.js';
import { SimServers } from './sim-servers.js';

/** How long a run may take to come to rest after its faults have ended, simulated. */
const LIVENESS_MS = 900_000;

const LOOK_MS = 2000;

/** So long it goes on when all has been done, for what comes too late, as a second copy does. */
const AFTER_REST_MS = 45_000;

/** A run takes some thousands. */
const MOST_STEPS = 400_000;

export interface RunResult {
  readonly problems: readonly Problem[];
  /** `faults`: all of them, the other three among them. */
  readonly figures: Figures & { readonly steps: number; readonly simulatedMs: number; readonly faults: number; readonly kills: number; readonly freezes: number; readonly jumps: number };
  readonly outputs: Outputs;
}

/** Carries a plan out: a time with faults, a time without, then the verdict on what is left. */
export async function runPlan(plan: Plan): Promise<RunResult> {
  const scheduler = new Scheduler();
  return withoutOutsideChance(plan.seed, () => scheduler.nowMs, () => new SimulatedRun(plan, scheduler).run());
}

class SimulatedRun {
  private readonly servers: SimServers;
  private readonly machines: readonly SimMachine[];
  private readonly sent: (SentRecord & { outcome: SentRecord['outcome'] })[] = [];
  private readonly sending = new Set<Promise<void>>();
  private readonly commands: CommandLog;
  private readonly met = { faults: 0, kills: 0, freezes: 0, jumps: 0 };
  private readonly chorus: SimChorus | null;
  private isCalm = false;
  private readonly frozen = new Set<'teller' | 'claimer'>();

  constructor(
    private readonly plan: Plan,
    private readonly scheduler: Scheduler,
  ) {
    this.servers = new SimServers(scheduler, plan.seed, plan.faults, plan.isKeyed);
    this.commands = new CommandLog(this.servers);
    this.chorus = plan.chorus && new SimChorus(plan.chorus, scheduler, (sensor, body) => this.beginSending({ do: 'send', atMs: 0, topic: 'ENTRY', body, key: String(sensor), messageId: null, tries: 1 }), (sensor, sinceMs) => this.servers.events.events.some(({ stream, type, storedAtMs }) => storedAtMs >= sinceMs && type === 'SensorWentSilent' && stream === sensorStream(sensor)));
    const moments: Moments = {
      onTelling: (process) => this.freezeFirst('teller', process, plan.chorus?.frozenMs ?? 0),
      onClaiming: (process) => this.freezeFirst('claimer', process, plan.claimFrozenMs),
    };
    this.machines = Array.from({ length: plan.machines }, (_, index) => new SimMachine(`machine-${index}`, this.servers, plan.policy, plan.chorus !== null, moments));
  }

  async run(): Promise<RunResult> {
    const { scheduler, servers, plan } = this;
    const beginMs = scheduler.nowMs;
    for (const machine of this.machines) machine.start();
    this.chorus?.sing();
    for (const action of plan.actions) scheduler.after(action.atMs, () => this.carryOut(action));
    const problems: Problem[] = [];
    try {
      await scheduler.run(beginMs + plan.safetyMs, () => false, MOST_STEPS);
      this.calm();
      const limitMs = scheduler.nowMs + LIVENESS_MS;
      while (scheduler.nowMs < limitMs && !this.isAtRest()) {
        this.askForParkedMails();
        await scheduler.run(scheduler.nowMs + LOOK_MS, () => false, MOST_STEPS);
      }
      if (this.isAtRest()) await scheduler.run(scheduler.nowMs + AFTER_REST_MS, () => false, MOST_STEPS);
      if (!this.isAtRest()) problems.push({ promise: 'P8', what: `not at rest ${LIVENESS_MS / 1000} s after the faults have ended` });
    } catch (error) {
      problems.push({ promise: 'P8', what: error instanceof Error ? error.message : String(error) });
    }
    const outputs = gatherOutputs(plan, servers, this.machines, this.sent, this.commands.answers, this.chorus?.silence);
    const verdict = verify(outputs);
    problems.push(...verdict.problems);
    for (const machine of this.machines) machine.process?.kill();
    const figures = { ...verdict.figures, steps: scheduler.steps, ...this.met, faults: this.met.faults + servers.faultsMet, simulatedMs: scheduler.nowMs - beginMs };
    return { problems, figures, outputs };
  }

  /** Nothing fails from now on, and whoever is down or stands still goes on. */
  private calm(): void {
    this.isCalm = true;
    this.chorus?.calm();
    this.servers.endFaults();
    for (const machine of this.machines) {
      machine.process?.resume();
      machine.start();
    }
  }

  /** As an operator who sees what is parked. */
  private askForParkedMails(): void {
    const client = new SimProcess('operator', this.scheduler);
    const store = new SimEventStore(this.servers.events, this.servers.storeNetwork, client);
    const parked = this.servers.events.events.filter(({ type, stream }) => type === 'NotificationParked' && this.servers.events.readStream(stream, { direction: 'backwards', limit: 1 })[0]?.type === type);
    // One that cannot be asked for now is asked for at the next look.
    for (const { data } of parked) void retryParked(store, client.clock, (JSON.parse(data) as { alarmId: string }).alarmId, 'operator').catch(() => undefined);
  }

  private isAtRest(): boolean {
    return (this.chorus?.isOver ?? true) && this.sending.size === 0 && isAtRest(this.servers, this.machines);
  }

  private carryOut(action: Action): void {
    if (this.isCalm) return;
    if (action.do === 'send') return this.beginSending(action);
    if (isCommand(action)) return this.commands.execute(this.machines[action.machine] as SimMachine, action);
    this.met.faults += 1;
    if (action.do === 'down') {
      this.servers.takeDown(action.server, action.forMs);
      return;
    }
    const machine = this.machines[action.machine] as SimMachine;
    const { process } = machine;
    switch (action.do) {
      case 'kill':
        process?.kill();
        return this.wasKilled(machine, action.downMs);
      case 'crash':
        process?.crashAtCall(action.call, action.when, () => this.wasKilled(machine, action.downMs));
        return;
      case 'stop':
        void machine.stop().then(() => this.startIn(machine, action.downMs));
        return;
      case 'suspend':
        return process ? this.freeze(process, action.forMs) : undefined;
      case 'jump':
        this.met.jumps += 1;
        return machine.jumpClock(action.byMs);
      case 'rebuild':
        return machine.rebuild(action.projection);
    }
  }

  private freeze(process: SimProcess, forMs: number): void {
    this.met.freezes += 1;
    process.suspend();
    this.scheduler.after(forMs, () => process.resume());
  }

  private freezeFirst(who: 'teller' | 'claimer', process: SimProcess, frozenMs: number): void {
    if (frozenMs === 0 || this.isCalm || this.frozen.has(who)) return;
    this.frozen.add(who);
    this.met.faults += 1;
    this.freeze(process, frozenMs);
  }

  private wasKilled(machine: SimMachine, downMs: number): void {
    this.met.kills += 1;
    this.startIn(machine, downMs);
  }

  private startIn(machine: SimMachine, ms: number): void {
    this.scheduler.after(ms, () => machine.start());
  }

  private beginSending(action: Extract<Action, { do: 'send' }>): void {
    const sending = this.send(action).finally(() => this.sending.delete(sending));
    this.sending.add(sending);
  }

  /** A client: one that gets no answer tries again, with the same messageId if it has one. */
  private async send({ topic, body, key, messageId, tries }: Extract<Action, { do: 'send' }>): Promise<void> {
    const client = new SimProcess('client', this.scheduler);
    const log = new SimMessageLog(this.servers.log, this.servers.logNetwork, client);
    const record: OutgoingRecord = { key, value: Buffer.from(body), headers: messageId === null ? {} : { [MESSAGE_ID_HEADER]: messageId } };
    for (let left = tries; left > 0; left -= 1) {
      const value = record.value.toString('base64');
      try {
        const places = await log.append(topic, [record]);
        this.sent.push({ topic, value, outcome: 'accepted', places });
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error;
        this.sent.push({ topic, value, outcome: 'unknown', places: [] });
      }
    }
    // A request that comes twice is two, of which the client has the answer to one.
    for (let repeated = 0; repeated < client.repeatedCalls; repeated += 1) this.sent.push({ topic, value: record.value.toString('base64'), outcome: 'unknown', places: [] });
  }
}
