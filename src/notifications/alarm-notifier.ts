import type { AlarmTriggered } from '../alarm-domain/alarm-events.js';
import { assertNever } from '../alarm-domain/assert-never.js';
import { nextStep, type Delivered, type NextStep } from '../alarm-domain/notification-next-step.js';
import {
  claim,
  park,
  recordFailure,
  recordSent,
  request,
  retryWaitMs,
  type NotificationContext,
  type NotificationPolicy,
  type NotificationState,
} from '../alarm-domain/notification.js';
import { isoTime, type Clock } from '../clock.js';
import { crashPoint } from '../crash-point.js';
import { idOf } from '../ingestion/deterministic-id.js';
import type { Term } from '../leases/term.js';
import { CUSTOMER_REST_MS, type CustomerReader } from './customer-reader.js';
import { alarmMail, customerOf, type CustomerLookup, type MailSettings } from './mail-template.js';
import { MailRefused, mailName, messageId, type DeliveredMail, type Mail, type Mailer } from './mailer.js';
import type { LoadedNotification, NotificationStreams } from './notification-streams.js';
import type { NotifierTally } from './notifier-status.js';

/** What came of one step of one alarm's e-mail. */
export type StepResult = { readonly type: 'final' } | { readonly type: 'again'; readonly notBeforeMs: number };

type Outcome =
  | { readonly type: 'sent'; readonly delivered: 'now' | 'already'; readonly customer: Mail['customer'] }
  | { readonly type: 'refused'; readonly reason: string; readonly permanent: boolean }
  | { readonly type: 'unknown' };

/** An open claim is looked at again after so long: a process that has lost its lease gives up what it has not sent. */
const CLAIM_LOOK_MS = 2000;

export interface AlarmNotifierParts {
  readonly streams: NotificationStreams;
  readonly customers: CustomerReader;
  readonly mailer: Mailer;
  readonly settings: MailSettings;
  readonly policy: NotificationPolicy;
  /** How long a mail waits for the customer's data before it goes without. */
  readonly customerWaitMs: number;
  readonly clock: Clock;
  readonly tally: NotifierTally;
  /** This process, at this start: no other may use the name. */
  readonly instance: string;
  /** Asked before a mail is given to the mailer, which can't ask itself. */
  readonly term: Term;
  /** Once aborted no attempt is begun. */
  readonly stopping: AbortSignal;
  /** `latencyMs`: from the receipt of the reading that completed the alarm; not told of a mail that was held back. */
  readonly onSent: (latencyMs: number) => void;
}

/**
 * Takes one alarm's e-mail one step further; what has been done is in its stream and nowhere else.
 *
 * Order of an attempt: read the customer → claim → render → send → record the outcome.
 */
export class AlarmNotifier {
  private readonly by: string;

  constructor(private readonly parts: AlarmNotifierParts) {
    const { mailer, policy, instance } = parts;
    if (policy.claimLimitMs <= mailer.sendLimitMs) {
      throw new RangeError(`a claim lasts ${policy.claimLimitMs} ms, which must exceed the ${mailer.sendLimitMs} ms that sending a mail may take`);
    }
    this.by = `${instance}/${mailer.way}`;
  }

  async step(alarm: AlarmTriggered): Promise<StepResult> {
    const { streams, clock, policy } = this.parts;
    const { alarmId } = alarm.data;
    const loaded = await streams.load(alarmId);
    const found = await this.findClaimed(loaded.state, alarmId);
    const next = nextStep(loaded.state, clock.now(), deliveredOf(found), policy);
    switch (next.step) {
      case 'none':
        return { type: 'final' };
      case 'wait':
        return { type: 'again', notBeforeMs: next.reason === 'claim-open' ? Math.min(next.untilMs, clock.now() + CLAIM_LOOK_MS) : next.untilMs };
      case 'park':
        return this.park(alarm, loaded, next.reason);
      case 'record-sent':
        return this.recordFound(alarm, loaded, found as DeliveredMail);
      case 'claim':
        return this.attempt(alarm, loaded, next);
      default:
        return assertNever(next);
    }
  }

  /** Parks what can't be sent at all, such as a mail whose alarm is gone. */
  async parkLost(alarmId: string, sensorId: number, reason: string): Promise<StepResult> {
    const { streams, clock, tally } = this.parts;
    const context = { alarmId, sensorId, nowMs: clock.now(), correlationId: alarmId, causationId: alarmId, idOf };
    await streams.record(alarmId, await streams.load(alarmId), (state) => park(state, context, reason));
    tally.parked += 1;
    return { type: 'final' };
  }

  private async attempt(alarm: AlarmTriggered, loaded: LoadedNotification, next: Extract<NextStep, { step: 'claim' }>): Promise<StepResult> {
    const { streams, customers, clock, policy, term, stopping } = this.parts;
    const customer = await customers.find(alarm.data.sensorId);
    if (stopping.aborted || !term.isHeld()) return { type: 'again', notBeforeMs: clock.now() + policy.firstRetryMs };
    if (customer === 'unavailable') {
      const waiting = await this.waitForCustomer(alarm, loaded);
      if (waiting) return waiting;
    }
    const claimed = await streams.append(alarm.data.alarmId, loaded, claim(loaded.state, this.contextOf(alarm), this.by, next.possibleDuplicate, policy));
    if (!claimed) return { type: 'again', notBeforeMs: 0 };
    crashPoint('mail-claimed');
    const outcome = await this.send(alarm, claimed.state, customer, next.possibleDuplicate);
    return this.recordOutcome(alarm, claimed, outcome, next.possibleDuplicate);
  }

  /** The request is stored first, so that a restart does not begin the waiting again. Null when it has been long enough. */
  private async waitForCustomer(alarm: AlarmTriggered, loaded: LoadedNotification): Promise<StepResult | null> {
    const { streams, clock, customerWaitMs } = this.parts;
    const { requestedAt } = loaded.state;
    if (requestedAt === null) {
      await streams.append(alarm.data.alarmId, loaded, request(loaded.state, this.contextOf(alarm)));
      return { type: 'again', notBeforeMs: clock.now() };
    }
    const untilMs = Date.parse(requestedAt) + customerWaitMs;
    const nowMs = clock.now();
    return nowMs < untilMs ? { type: 'again', notBeforeMs: Math.min(untilMs, nowMs + CUSTOMER_REST_MS) } : null;
  }

  private async send(alarm: AlarmTriggered, state: NotificationState, customer: CustomerLookup, possibleDuplicate: boolean): Promise<Outcome> {
    const { mailer, settings, clock, tally, term } = this.parts;
    const { alarmId } = alarm.data;
    // Storing the claim may have taken long; what is begun must end before another may take over.
    if (state.phase.status === 'claimed' && clock.now() + mailer.sendLimitMs > Date.parse(state.phase.until)) {
      return { type: 'refused', reason: 'the claim was stored too late', permanent: false };
    }
    let mail: Mail;
    try {
      mail = alarmMail(settings, { alarm: alarm.data, customer, date: isoTime(clock.now()), possibleDuplicate });
    } catch (error) {
      tally.problem('rendering', error, alarm.data);
      return { type: 'refused', reason: 'the mail could not be rendered', permanent: false };
    }
    if (!term.isHeld()) return { type: 'refused', reason: 'the process that sends mails has changed', permanent: false };
    try {
      const { delivered } = await mailer.send(mail);
      crashPoint('mail-sent');
      if (delivered === 'now') return { type: 'sent', delivered, customer: customerOf(customer) };
      const earlier = await mailer.find(mailName(alarmId, 'alarm'));
      return { type: 'sent', delivered, customer: earlier === null || earlier === 'unknown' ? 'unavailable' : earlier.customer };
    } catch (error) {
      tally.problem('mail', error, alarm.data);
      // Any other error than a refusal says nothing of where the mail is.
      return error instanceof MailRefused ? { type: 'refused', reason: error.reason, permanent: error.permanent } : { type: 'unknown' };
    }
  }

  private async recordOutcome(alarm: AlarmTriggered, claimed: LoadedNotification, outcome: Outcome, possibleDuplicate: boolean): Promise<StepResult> {
    const { streams, clock, policy, tally, onSent } = this.parts;
    const { alarmId } = alarm.data;
    const { attempt } = claimed.state;
    if (outcome.type === 'unknown') return { type: 'again', notBeforeMs: clock.now() + retryWaitMs(claimed.state, policy) };
    if (outcome.type === 'sent') {
      const mailId = messageId(mailName(alarmId, 'alarm'));
      const { delivered, customer } = outcome;
      await streams.record(alarmId, claimed, (state) =>
        delivered === 'already' && state.phase.status === 'sent' ? [] : recordSent(state, this.contextOf(alarm), { attempt, mailId, possibleDuplicate, customer }),
      );
      crashPoint('mail-recorded');
      tally.sent += 1;
      if (alarm.data.shelvedUntil === undefined) onSent(clock.now() - Date.parse(alarm.metadata.receivedAt));
      return { type: 'final' };
    }
    const failure = { attempt, reason: outcome.reason, permanent: outcome.permanent };
    const { state } = await streams.record(alarmId, claimed, (current) => recordFailure(current, this.contextOf(alarm), failure, policy));
    tally.failed += 1;
    if (state.phase.status !== 'parked') return { type: 'again', notBeforeMs: 0 };
    tally.parked += 1;
    return { type: 'final' };
  }

  private async recordFound(alarm: AlarmTriggered, loaded: LoadedNotification, { customer }: DeliveredMail): Promise<StepResult> {
    const { alarmId } = alarm.data;
    const { attempt, phase } = loaded.state;
    const possibleDuplicate = phase.status === 'claimed' && phase.possibleDuplicate;
    const delivery = { attempt, mailId: messageId(mailName(alarmId, 'alarm')), possibleDuplicate, customer };
    await this.parts.streams.record(alarmId, loaded, (state) => (state.phase.status === 'sent' ? [] : recordSent(state, this.contextOf(alarm), delivery)));
    this.parts.tally.sent += 1;
    return { type: 'final' };
  }

  private async park(alarm: AlarmTriggered, loaded: LoadedNotification, reason: string): Promise<StepResult> {
    const stored = await this.parts.streams.append(alarm.data.alarmId, loaded, park(loaded.state, this.contextOf(alarm), reason));
    if (!stored) return { type: 'again', notBeforeMs: 0 };
    this.parts.tally.parked += 1;
    return { type: 'final' };
  }

  /** Asks what became of a claimed attempt, of the mailer that it went by: another way knows nothing of it. */
  private async findClaimed(state: NotificationState, alarmId: string): Promise<DeliveredMail | null | 'unknown'> {
    const { mailer } = this.parts;
    if (state.phase.status !== 'claimed' || !state.phase.by.endsWith(`/${mailer.way}`)) return 'unknown';
    return mailer.find(mailName(alarmId, 'alarm'));
  }

  private contextOf(alarm: AlarmTriggered): NotificationContext {
    const { alarmId, sensorId } = alarm.data;
    return { alarmId, sensorId, nowMs: this.parts.clock.now(), correlationId: alarm.metadata.correlationId, causationId: alarm.id, idOf };
  }
}

function deliveredOf(found: DeliveredMail | null | 'unknown'): Delivered {
  if (found === 'unknown') return 'unknown';
  return found === null ? 'no' : 'yes';
}
