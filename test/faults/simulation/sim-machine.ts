import { pino } from 'pino';
import type { StrikePolicy } from '../../../src/alarm-domain/strike-policy.js';
import { SensorCommands } from '../../../src/alarm-life/sensor-commands.js';
import { Supervision } from '../../../src/alarm-life/supervision.js';
import { Unshelving } from '../../../src/alarm-life/unshelving.js';
import type { Clock } from '../../../src/clock.js';
import { ApplicationProgress } from '../../../src/application-progress.js';
import { consumption } from '../../../src/consumption.js';
import { CustomersUnavailable } from '../../../src/customers/customer-store.js';
import type { EventStore } from '../../../src/event-store/event-store.js';
import { BatchHandler } from '../../../src/ingestion/batch-handler.js';
import { DeadLetters } from '../../../src/ingestion/dead-letters.js';
import { newHearing } from '../../../src/ingestion/normal-readings.js';
import { ReceiptBook } from '../../../src/ingestion/receipt-book.js';
import { SensorStates } from '../../../src/ingestion/sensor-states.js';
import { LeaseStream } from '../../../src/leases/lease-stream.js';
import { LeasedRole, type SingleActiveRole, type TermWork } from '../../../src/leases/leased-role.js';
import type { Term } from '../../../src/leases/term.js';
import { NotificationDispatcher } from '../../../src/notifications/notification-dispatcher.js';
import { ALL_PROJECTIONS } from '../../../src/projections/all-projections.js';
import { CountPublisher } from '../../../src/projections/count-publisher.js';
import { ProjectionRunner } from '../../../src/projections/projection-runner.js';
import { shelvedSensors, type ShelvedSensorRow } from '../../../src/projections/shelved-sensors.projection.js';
import { CUSTOMER } from '../../support/alarm-fixtures.js';
import { supervisionParts } from '../../support/supervision-parts.js';
import { SimEventStore } from './sim-event-store.js';
import { SimMailer } from './sim-mail-server.js';
import { SimMessageLog } from './sim-message-log.js';
import { SimProcess } from './sim-process.js';
import { SimProjectionSink, SimReadModelDisk } from './sim-projection-sink.js';
import type { SimServers } from './sim-servers.js';

/** A service manager kills what has not ended by then. */
const STOP_LIMIT_MS = 30_000;

const LONGEST_SHELVING_MS = 3_600_000;

const SETTINGS = { language: 'es', from: 'alarms@vigia.local', to: 'guard@vigia.local', consoleUrl: null } as const;
const NO_LOG = pino({ level: 'silent' });

/** What is done when a process is at a moment at which faults matter most. */
export interface Moments {
  /** It is about to tell of a silence. */
  readonly onTelling: (process: SimProcess) => void;
  /** It has asked for the claim of an e-mail, and has no answer yet. */
  readonly onClaiming: (process: SimProcess) => void;
}

/** One machine: its disk and its wall clock outlive the processes that run on it, one after the other, each with all roles. */
export class SimMachine {
  readonly disk = new SimReadModelDisk();
  private starts = 0;
  private clockOffsetMs = 0;
  private running: { readonly process: SimProcess; readonly stop: () => Promise<void>; readonly rebuild: (name: string) => Promise<unknown>; readonly commands: SensorCommands } | null = null;

  constructor(
    readonly name: string,
    private readonly servers: SimServers,
    private readonly policy: StrikePolicy,
    private readonly isSupervised: boolean,
    private readonly moments: Moments,
  ) {}

  /** Starts a process unless one is there. */
  start(): void {
    if (this.running?.process.isAlive) return;
    this.starts += 1;
    const process = new SimProcess(`${this.name}/${this.starts}`, this.servers.scheduler);
    process.clockOffsetMs = this.clockOffsetMs;
    this.running = { process, ...this.run(process) };
  }

  /** What carries out commands; null while no process is there. */
  get commands(): SensorCommands | null {
    return this.running?.process.isAlive ? this.running.commands : null;
  }

  get process(): SimProcess | null {
    return this.running?.process ?? null;
  }

  jumpClock(byMs: number): void {
    this.clockOffsetMs += byMs;
    if (this.running) this.running.process.clockOffsetMs = this.clockOffsetMs;
  }

  /** Ends the process in order; when that has taken too long it is killed, as a service manager does. */
  async stop(): Promise<void> {
    const { running } = this;
    if (!running?.process.isAlive) return;
    await Promise.race([running.stop(), new Promise<void>((resolve) => this.servers.scheduler.after(STOP_LIMIT_MS, resolve))]);
    running.process.kill();
  }

  rebuild(name: string): void {
    // A rebuild may be refused, or given up at a stop; the read models are judged in the end.
    if (this.running?.process.isAlive) void this.running.rebuild(name).catch(() => undefined);
  }

  private run(process: SimProcess) {
    const { servers, policy } = this;
    const { clock } = process;
    const store = new SimEventStore(servers.events, servers.storeNetwork, process);
    const log = new SimMessageLog(servers.log, servers.logNetwork, process);
    const stopping = new AbortController();

    const receipts = new ReceiptBook(store, log.identity, clock);
    const sensors = new SensorStates(store);
    const observer = { processed() {}, stored() {}, conflict() {}, failed() {} };
    const commands = new SensorCommands(store, clock, LONGEST_SHELVING_MS);
    const supervised = this.isSupervised ? supervise(store, log, telling(process, commands, this.moments.onTelling), clock) : null;
    const handler = new BatchHandler(log.identity, store, sensors, receipts, new DeadLetters(log, store, clock), policy, clock, observer);
    const options = consumption({ receipts, sensors, ...supervised, policy, progress: new ApplicationProgress(), logger: NO_LOG });
    const consuming = log.consume({ ...options, handle: (batches) => handler.handle(batches), signal: stopping.signal });
    supervised?.supervision.start();
    const flushing = receipts.keepFlushing(stopping.signal, () => undefined);

    const runner = new ProjectionRunner(ALL_PROJECTIONS, store, new SimProjectionSink(this.disk, servers.diskNetwork, process), clock, () => undefined);
    void runner.start();

    const notifying = this.leased(process, store, 'notify', 'notify', (term) => this.dispatcher(process, store, term));
    const counting = this.leased(process, store, 'count', `count-${log.identity}`, (term) => {
      const publisher = new CountPublisher({ log, store, clock, term, problem: () => undefined });
      publisher.start();
      return publisher;
    });
    const shelved = { endedBy: (time: string, limit: number) => this.shelvingsEndedBy(time, limit) };
    const unshelving = this.leased(process, store, 'unshelve', 'unshelve', (term) => {
      const work = new Unshelving({ shelved, commands, clock, term, problem: () => undefined });
      work.start();
      return work;
    });
    return {
      commands,
      stop: async () => {
        stopping.abort();
        await Promise.all([consuming, flushing]);
        await supervised?.supervision.stop();
        await Promise.all([unshelving.stop(), notifying.stop(), counting.stop()]);
        await runner.stop();
      },
      rebuild: (name: string) => runner.rebuild(name),
    };
  }

  /** As SensorListReads does. */
  private shelvingsEndedBy(time: string, limit: number): number[] {
    const rows = [...(this.disk.live(shelvedSensors.name)?.rows.values() ?? [])].map(({ values }) => values as ShelvedSensorRow);
    const ended = rows.filter(({ isShelved, until }) => isShelved === 1 && until <= time).sort((a, b) => (a.until < b.until ? -1 : 1));
    return ended.slice(0, limit).map(({ sensorId }) => sensorId);
  }

  private dispatcher(process: SimProcess, store: EventStore, term: Term): NotificationDispatcher {
    const { servers } = this;
    const errors = { refused: () => new CustomersUnavailable('refused'), unknown: () => new CustomersUnavailable('no answer') };
    const dispatcher = new NotificationDispatcher({
      store: claiming(process, store, this.moments.onClaiming),
      customers: { find: (id) => servers.customerNetwork.call(process, errors, () => ({ ...CUSTOMER, id })) },
      mailer: new SimMailer(servers.mail, servers.mailNetwork, process),
      settings: SETTINGS,
      clock: process.clock,
      log: NO_LOG,
      term,
      customerWaitMs: 20_000,
    });
    dispatcher.start();
    return dispatcher;
  }

  private leased<Work extends TermWork>(process: SimProcess, store: EventStore, role: SingleActiveRole, name: string, begin: (term: Term) => Work): LeasedRole<Work> {
    const { clock } = process;
    const leased = new LeasedRole({ role, lease: new LeaseStream(name, store, clock), owner: process.name, clock, begin, log: NO_LOG });
    leased.start();
    return leased;
  }
}

function telling(process: SimProcess, commands: SensorCommands, onTelling: (process: SimProcess) => void): Pick<SensorCommands, 'execute'> {
  return {
    execute: (sensorId, command, ...rest) => {
      if (command.type === 'note-silence') onTelling(process);
      return commands.execute(sensorId, command, ...rest);
    },
  };
}

function claiming(process: SimProcess, store: EventStore, onClaiming: (process: SimProcess) => void): EventStore {
  const append: EventStore['append'] = (stream, events, expected) => {
    const appended = store.append(stream, events, expected);
    if (events.some(({ type }) => type === 'NotificationClaimed')) onClaiming(process);
    return appended;
  };
  return Object.assign(Object.create(store) as EventStore, { append });
}

/** What a process hears of, and tells of silences. */
function supervise(store: EventStore, log: SimMessageLog, commands: Pick<SensorCommands, 'execute'>, clock: Clock) {
  const hearing = newHearing();
  const supervision = new Supervision({ ...supervisionParts(store, log.identity, clock), lastSeen: hearing.lastSeen, commands });
  return { hearing, supervision };
}
