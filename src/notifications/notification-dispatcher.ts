import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { AlarmTriggered } from '../alarm-domain/alarm-events.js';
import type { SensorUnshelved } from '../alarm-domain/alarm-life-events.js';
import { assertNever } from '../alarm-domain/assert-never.js';
import { NOTIFICATION_POLICY, type NotificationPolicy } from '../alarm-domain/notification.js';
import type { NotificationRequeued } from '../alarm-domain/notification-events.js';
import { within, type Clock } from '../clock.js';
import type { CustomerStore } from '../customers/customer-store.js';
import { decodeEvent } from '../event-store/event-codec.js';
import type { EventStore, RecordedEvent } from '../event-store/event-store.js';
import type { TermWork } from '../leases/leased-role.js';
import { ENDLESS_TERM, type Term } from '../leases/term.js';
import { AlarmNotifier, type StepResult } from './alarm-notifier.js';
import { CustomerReader } from './customer-reader.js';
import { FollowUpSender } from './follow-up-sender.js';
import type { MailSettings } from './mail-template.js';
import type { Mailer } from './mailer.js';
import { NotificationStreams } from './notification-streams.js';
import { NotifierTally, type NotifierLog, type NotifierStatus } from './notifier-status.js';
import { PendingAlarms } from './pending-alarms.js';
import { Slots } from './slots.js';
import { StreamCheckpoint } from './stream-checkpoint.js';

/** Alarms worked on at the same time; as many as the SMTP mailer has connections. */
export const MAX_IN_WORK = 8;

/** Alarms read and not final, waiting for a slot or for their next attempt: at some 2 kB each, 2 MB. */
const MAX_PENDING = 1000;

/** Pause after an error that no retry inside has dealt with. */
const REPAIR_MS = 1000;

/** `stop` must be over within 3 s: so long for what is being sent, the rest for the checkpoint. */
const STOP_WORK_MS = 2000;
const STOP_CHECKPOINT_MS = 500;

export interface DispatcherOptions {
  readonly store: EventStore;
  readonly customers: Pick<CustomerStore, 'find'>;
  readonly mailer: Mailer;
  readonly settings: MailSettings;
  readonly clock: Clock;
  readonly log: NotifierLog;
  /** While it is not held no mail is begun; by default it always is. */
  readonly term?: Term;
  readonly policy?: NotificationPolicy;
  /** How long a mail waits for the customer's data before it goes without, in milliseconds. */
  readonly customerWaitMs?: number;
  /** Told of each mail that went: the time since the receipt of the reading that completed the alarm. */
  readonly onSent?: (latencyMs: number) => void;
}

const CUSTOMER_WAIT_MS = 300_000;

/** An event after which e-mails are owed. */
type OwingEvent = AlarmTriggered | SensorUnshelved | NotificationRequeued;
const OWING_TYPES: readonly OwingEvent['type'][] = ['AlarmTriggered', 'SensorUnshelved', 'NotificationRequeued'];

/**
 * Sends one e-mail per alarm (P4): follows AlarmTriggered, SensorUnshelved for those that were held back, and
 * NotificationRequeued of an operator.
 *
 * What is owed and done is told by the streams `notification-<alarmId>` alone: reading an event again, after
 * a restart or from the very first, sends nothing that has been sent. One process at a time runs a dispatcher, by
 * the lease of role `notify`; should two overlap, each attempt belongs to the one whose claim was stored.
 */
export class NotificationDispatcher implements TermWork {
  private readonly stopping = new AbortController();
  /** Set when `stop` waits no longer: work under way gives up its retries of the store. */
  private readonly abandoned = new AbortController();
  private readonly tally: NotifierTally;
  private readonly streams: NotificationStreams;
  private readonly notifier: AlarmNotifier;
  private readonly followUps: FollowUpSender;
  private readonly checkpoint: StreamCheckpoint;
  private readonly slots = new Slots(MAX_IN_WORK);
  private readonly work = new Set<Promise<void>>();
  private pending = new PendingAlarms(null);
  private caughtUp = false;
  private following: Promise<void> | null = null;
  private tellRoom: () => void = () => undefined;

  constructor(private readonly options: DispatcherOptions) {
    const { store, customers, mailer, settings, clock, log, term = ENDLESS_TERM } = options;
    const tally = new NotifierTally(clock, log);
    const problem = tally.problem.bind(tally);
    this.tally = tally;
    // Every pending alarm may wait for its next attempt with an ear for the stop.
    setMaxListeners(MAX_PENDING + MAX_IN_WORK, this.stopping.signal);
    this.checkpoint = new StreamCheckpoint('checkpoint-notifications', store, clock, problem);
    this.streams = new NotificationStreams(store, { clock, signal: this.abandoned.signal, problem });
    const shared = { streams: this.streams, customers: new CustomerReader(customers, clock, problem), mailer, settings, clock, tally, term, stopping: this.stopping.signal };
    this.notifier = new AlarmNotifier({
      ...shared,
      policy: options.policy ?? NOTIFICATION_POLICY,
      customerWaitMs: options.customerWaitMs ?? CUSTOMER_WAIT_MS,
      instance: randomUUID(),
      onSent: options.onSent ?? (() => undefined),
    });
    this.followUps = new FollowUpSender({ ...shared, store, policy: options.policy ?? NOTIFICATION_POLICY });
  }

  start(): void {
    this.following ??= this.follow();
    this.followUps.start();
  }

  /** Lets what is being sent end, for 2 s at most; what is left is found by the next start. */
  async stop(): Promise<void> {
    const { clock } = this.options;
    this.stopping.abort();
    this.tellRoom();
    await within(clock, STOP_WORK_MS, Promise.allSettled([this.following, this.followUps.ended(), ...this.work]));
    this.abandoned.abort();
    this.checkpoint.advance(this.pending.safePosition());
    await within(clock, STOP_CHECKPOINT_MS, Promise.allSettled([this.checkpoint.close(), this.followUps.close()]));
  }

  /** Begins nothing more, for another process may have taken over; waits until what has been sent is recorded. */
  async retire(): Promise<void> {
    this.stopping.abort();
    this.tellRoom();
    await Promise.allSettled([this.following, this.followUps.ended(), ...this.work]);
    await Promise.allSettled([this.checkpoint.close(), this.followUps.close()]);
  }

  status(): NotifierStatus {
    const { sent, failed, parked, followUpsSent, followUpsGivenUp, lastError } = this.tally;
    const since = this.pending.oldestSinceMs();
    return {
      caughtUp: this.caughtUp,
      pending: this.pending.size,
      inWork: this.slots.inUse,
      lagMs: since === null ? 0 : this.options.clock.now() - since,
      sent,
      failed,
      parked,
      followUpsSent,
      followUpsGivenUp,
      lastError,
    };
  }

  private async follow(): Promise<void> {
    const { clock } = this.options;
    let hasStarted = false;
    while (!this.stopping.signal.aborted) {
      try {
        if (!hasStarted) this.pending = new PendingAlarms(await this.checkpoint.load());
        hasStarted = true;
        await this.readOn();
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        this.caughtUp = false;
        this.tally.problem('reading alarms', error);
        await clock.sleep(REPAIR_MS, this.stopping.signal);
      }
    }
  }

  private async readOn(): Promise<void> {
    const { signal } = this.stopping;
    const filter = { types: OWING_TYPES };
    for await (const message of this.options.store.subscribe({ after: this.pending.lastRead, filter, signal })) {
      if (message.type === 'caught-up') {
        if (message.position !== null) this.pending.passed(message.position);
        this.caughtUp = true;
        continue;
      }
      while (this.pending.size >= MAX_PENDING && !signal.aborted) await new Promise<void>((resolve) => (this.tellRoom = resolve));
      if (signal.aborted) return;
      this.take(message.event);
    }
  }

  /** Begins the work on an alarm; it goes on beside the reading. */
  private take(recorded: RecordedEvent): void {
    const { clock } = this.options;
    let event: OwingEvent;
    try {
      event = decodeEvent(recorded) as OwingEvent;
    } catch (error) {
      // Never finished, so the checkpoint stays before it and a repaired program finds it again.
      this.pending.add([recorded.id], recorded.position, clock.now());
      this.tally.problem('reading alarms', error);
      return;
    }
    for (const alarmId of this.pending.add(owedBy(event), recorded.position, clock.now())) {
      const work = this.notify(event, alarmId).finally(() => this.work.delete(work));
      this.work.add(work);
    }
  }

  /** All steps of one alarm's e-mail, until it is final or the dispatcher stops. */
  private async notify(event: OwingEvent, alarmId: string): Promise<void> {
    const { clock } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const result = await this.slots.run(() => this.step(event, alarmId));
      if (result.type === 'again') {
        const waitMs = result.notBeforeMs - clock.now();
        if (waitMs > 0) await clock.sleep(waitMs, signal);
      } else if (this.pending.finish(alarmId)) {
        this.checkpoint.advance(this.pending.safePosition());
        this.tellRoom();
        return;
      }
    }
  }

  private async step(event: OwingEvent, alarmId: string): Promise<StepResult> {
    const { clock } = this.options;
    // It may have waited long for its slot.
    if (this.stopping.signal.aborted) return { type: 'again', notBeforeMs: 0 };
    try {
      if (event.type === 'AlarmTriggered') return await this.notifier.step(event);
      const { sensorId } = event.data;
      const alarm = await this.streams.findAlarm(sensorId, alarmId);
      return alarm ? await this.notifier.step(alarm) : await this.notifier.parkLost(alarmId, sensorId, 'the alarm is not in the stream of its sensor');
    } catch (error) {
      this.tally.problem('notification', error, event.data);
      return { type: 'again', notBeforeMs: clock.now() + REPAIR_MS };
    }
  }
}

/** The alarms whose e-mails are owed after an event. One that opened while its sensor was shelved owes none by itself. */
function owedBy(event: OwingEvent): readonly string[] {
  switch (event.type) {
    case 'AlarmTriggered':
      return event.data.shelvedUntil === undefined ? [event.data.alarmId] : [];
    case 'SensorUnshelved':
      return event.data.emailsOwed;
    case 'NotificationRequeued':
      return [event.data.alarmId];
    default:
      return assertNever(event);
  }
}
