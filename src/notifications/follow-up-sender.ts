import { owesFollowUp, recordCompleted, type NotificationPolicy } from '../alarm-domain/notification.js';
import type { NotificationSent } from '../alarm-domain/notification-events.js';
import { isoTime, type Clock } from '../clock.js';
import { decodeEvent } from '../event-store/event-codec.js';
import type { EventStore, RecordedEvent } from '../event-store/event-store.js';
import { idOf } from '../ingestion/deterministic-id.js';
import type { Term } from '../leases/term.js';
import { CUSTOMER_REST_MS, type CustomerReader } from './customer-reader.js';
import { completedMail, type MailSettings } from './mail-template.js';
import { MailRefused, messageId, type Mail, type Mailer } from './mailer.js';
import type { NotificationStreams } from './notification-streams.js';
import type { NotifierTally } from './notifier-status.js';
import { StreamCheckpoint } from './stream-checkpoint.js';

/** Events read between two checkpoints while no follow-up is owed. */
const CHECKPOINT_EVERY = 1000;

const REPAIR_MS = 1000;

export interface FollowUpParts {
  readonly store: EventStore;
  readonly streams: NotificationStreams;
  readonly customers: CustomerReader;
  readonly mailer: Mailer;
  readonly settings: MailSettings;
  readonly policy: NotificationPolicy;
  readonly clock: Clock;
  readonly tally: NotifierTally;
  readonly term: Term;
  readonly stopping: AbortSignal;
}

/**
 * Sends the customer's data after a mail that went without, once the customer store is back.
 *
 * One after the other, with a checkpoint of its own, so that no alarm waits behind a follow-up. After a
 * crash one may go twice by SMTP, with the same Message-ID: P4 does not count it. One that the server refuses for good,
 * or too often, is given up, unlike an alarm's own mail: the log, a metric, health and `vigia reconcile` say so.
 */
export class FollowUpSender {
  private readonly checkpoint: StreamCheckpoint;
  private following: Promise<void> | null = null;

  constructor(private readonly parts: FollowUpParts) {
    const { store, clock, tally } = parts;
    this.checkpoint = new StreamCheckpoint('checkpoint-notification-follow-ups', store, clock, tally.problem.bind(tally));
  }

  start(): void {
    this.following ??= this.follow();
  }

  /** Resolves when nothing is being sent any more; begins with `stopping`. */
  async ended(): Promise<void> {
    await this.following;
  }

  async close(): Promise<void> {
    await this.checkpoint.close();
  }

  private async follow(): Promise<void> {
    const { store, clock, tally, stopping } = this.parts;
    while (!stopping.aborted) {
      try {
        let read = 0;
        const after = await this.checkpoint.load();
        for await (const message of store.subscribe({ after, filter: { types: ['NotificationSent'] }, signal: stopping })) {
          if (message.type === 'caught-up') continue;
          const result = await this.handle(message.event);
          if (result === 'stopped') return;
          read += 1;
          if (result !== 'not-owed' || read % CHECKPOINT_EVERY === 0) this.checkpoint.advance(message.event.position);
        }
      } catch (error) {
        if (stopping.aborted) return;
        tally.problem('follow-ups', error);
        await clock.sleep(REPAIR_MS, stopping);
      }
    }
  }

  /** What became of the follow-up that one sent mail may owe. */
  private async handle(recorded: RecordedEvent): Promise<'not-owed' | 'sent' | 'given-up' | 'stopped'> {
    const { streams, customers, settings, clock, tally, stopping } = this.parts;
    const { alarmId, sensorId, customer, mailId } = (decodeEvent(recorded) as NotificationSent).data;
    if (customer !== 'unavailable') return 'not-owed';
    const alarm = await streams.findAlarm(sensorId, alarmId);
    if (!alarm) return 'not-owed';
    let found = await customers.find(sensorId);
    while (found === 'unavailable' && !stopping.aborted) {
      await clock.sleep(CUSTOMER_REST_MS, stopping);
      found = await customers.find(sensorId);
    }
    if (found === 'unavailable') return 'stopped';
    const loaded = await streams.load(alarmId);
    if (!owesFollowUp(loaded.state)) return 'not-owed';
    const mail = completedMail(settings, { alarm: alarm.data, customer: found, date: isoTime(clock.now()), possibleDuplicate: false }, mailId);
    const sent = await this.send(mail, { alarmId, sensorId });
    if (sent !== 'sent') return sent;
    const followUp = { mailId: messageId(mail.name), customer: found === null ? 'unknown' : 'complete' } as const;
    const context = { alarmId, sensorId, nowMs: clock.now(), correlationId: alarm.metadata.correlationId, causationId: recorded.id, idOf };
    await streams.record(alarmId, loaded, (state) => recordCompleted(state, context, followUp));
    tally.followUpsSent += 1;
    return 'sent';
  }

  private async send(mail: Mail, about: { readonly alarmId: string; readonly sensorId: number }): Promise<'sent' | 'given-up' | 'stopped'> {
    const { mailer, policy, clock, tally, term, stopping } = this.parts;
    let mayHaveGone = false;
    let lastError: unknown;
    for (let attempt = 1; !stopping.aborted && term.isHeld(); attempt += 1) {
      try {
        await mailer.send({ ...mail, possibleDuplicate: mayHaveGone });
        return 'sent';
      } catch (error) {
        lastError = error;
        tally.problem('follow-up', error, about);
        if (!(error instanceof MailRefused)) mayHaveGone = true;
        else if (error.permanent) attempt = policy.maxAttempts;
      }
      if (attempt >= policy.maxAttempts) {
        tally.followUpGivenUp(about, lastError);
        return 'given-up';
      }
      await clock.sleep(Math.min(policy.firstRetryMs * 2 ** (attempt - 1), policy.longestRetryMs), stopping);
    }
    return 'stopped';
  }
}
