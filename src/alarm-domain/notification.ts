import { assertNever } from './assert-never.js';
import type {
  NotificationClaimed,
  NotificationCompleted,
  NotificationEvent,
  NotificationFailed,
  NotificationMetadata,
  NotificationParked,
  NotificationRequested,
  NotificationRequeued,
  NotificationSent,
} from './notification-events.js';

/**
 * The e-mail of one alarm: state, evolve, decide (P4); what is to be done next is said by notification-next-step.ts.
 *
 * Requested → Claimed → Sent | Failed | Parked. Who sends has claimed the attempt before, by an append with
 * the expected revision. A claim that ended without an outcome leaves it open whether its mail has gone:
 * from then on every copy is flagged.
 */

// ---- state --------------------------------------------------------------------------------------

export type MailCustomer = NotificationSent['data']['customer'];

export interface SentCopy {
  readonly attempt: number;
  readonly mailId: string;
  readonly customer: MailCustomer;
}

export type NotificationPhase =
  | { readonly status: 'none' }
  | { readonly status: 'requested' }
  | { readonly status: 'claimed'; readonly by: string; readonly until: string; readonly possibleDuplicate: boolean }
  | { readonly status: 'failed'; readonly retryAt: string }
  | { readonly status: 'parked'; readonly reason: string }
  | { readonly status: 'sent'; readonly copies: readonly SentCopy[] }
  | { readonly status: 'completed' };

export interface NotificationState {
  readonly phase: NotificationPhase;
  /** Null before the request. */
  readonly requestedAt: string | null;
  /** The number of the last claim, 0 before the first. */
  readonly attempt: number;
  /** How often an operator asked for the mail again, and how many attempts there were at the last time. */
  readonly requeues: number;
  readonly attemptsBeforeRequeue: number;
  /** A claim ended without an outcome, so a copy may have gone of which nothing is recorded. */
  readonly mayHaveGone: boolean;
}

export const INITIAL_NOTIFICATION: NotificationState = {
  phase: { status: 'none' },
  requestedAt: null,
  attempt: 0,
  requeues: 0,
  attemptsBeforeRequeue: 0,
  mayHaveGone: false,
};

/** Limits of the attempts, in milliseconds. A claim's limit must exceed the time that one sending can take. */
export interface NotificationPolicy {
  readonly claimLimitMs: number;
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
  /** Failed attempts after which the mail is parked for an operator. */
  readonly maxAttempts: number;
}

/** Twenty attempts take about an hour and a quarter. */
export const NOTIFICATION_POLICY: NotificationPolicy = {
  claimLimitMs: 60_000,
  firstRetryMs: 1000,
  longestRetryMs: 300_000,
  maxAttempts: 20,
};

/** Why a mail is parked whose last claim ended without an outcome. Stored, and told from other reasons, so it never changes. */
export const OUTCOME_UNKNOWN = 'outcome-unknown';

// ---- evolve -------------------------------------------------------------------------------------

/** The state after one more event of the notification's stream. */
export function evolve(state: NotificationState, event: NotificationEvent): NotificationState {
  switch (event.type) {
    case 'NotificationRequested':
      return { ...state, phase: { status: 'requested' }, requestedAt: event.metadata.recordedAt };
    case 'NotificationClaimed': {
      const { attempt, by, until, possibleDuplicate } = event.data;
      return {
        ...state,
        phase: { status: 'claimed', by, until, possibleDuplicate },
        attempt,
        mayHaveGone: state.mayHaveGone || possibleDuplicate,
      };
    }
    case 'NotificationSent': {
      const { attempt, mailId, customer } = event.data;
      return { ...state, phase: { status: 'sent', copies: [...copiesOf(state), { attempt, mailId, customer }] } };
    }
    case 'NotificationFailed':
      return { ...state, phase: { status: 'failed', retryAt: event.data.retryAt } };
    case 'NotificationParked': {
      const { reason } = event.data;
      return { ...state, phase: { status: 'parked', reason }, mayHaveGone: state.mayHaveGone || reason === OUTCOME_UNKNOWN };
    }
    case 'NotificationRequeued':
      return { ...state, phase: { status: 'requested' }, requeues: state.requeues + 1, attemptsBeforeRequeue: state.attempt };
    case 'NotificationCompleted':
      return { ...state, phase: { status: 'completed' } };
    default:
      return assertNever(event);
  }
}

function copiesOf(state: NotificationState): readonly SentCopy[] {
  return state.phase.status === 'sent' ? state.phase.copies : [];
}

/** How many attempts have been claimed since an operator asked again, or at all. */
export function attemptsSinceRequeue(state: NotificationState): number {
  return state.attempt - state.attemptsBeforeRequeue;
}

/** How long after the last attempt the next one is due: each time twice as long, up to a limit. */
export function retryWaitMs(state: NotificationState, { firstRetryMs, longestRetryMs }: NotificationPolicy): number {
  return Math.min(firstRetryMs * 2 ** (attemptsSinceRequeue(state) - 1), longestRetryMs);
}

/** A mail without the customer's data went and none with it. */
export function owesFollowUp(state: NotificationState): boolean {
  const copies = copiesOf(state);
  return copies.length > 0 && copies.every((copy) => copy.customer === 'unavailable');
}

// ---- decide -------------------------------------------------------------------------------------

export interface NotificationContext {
  readonly alarmId: string;
  readonly sensorId: number;
  /** The notifier's clock. */
  readonly nowMs: number;
  readonly correlationId: string;
  /** The AlarmTriggered event, or the request of an operator. */
  readonly causationId: string;
  /** Turns a name into a UUID, always the same one for the same name. */
  readonly idOf: (name: string) => string;
}

/** An e-mail is owed; nothing when that is known. */
export function request(state: NotificationState, context: NotificationContext): NotificationRequested[] {
  if (state.phase.status !== 'none') return [];
  return [event(context, 'NotificationRequested', '', {})];
}

/** The next attempt is taken by process `by`, which must have a name of its own: it is part of the event's id, and two claims with one id would pass for the same. */
export function claim(
  state: NotificationState,
  context: NotificationContext,
  by: string,
  possibleDuplicate: boolean,
  policy: NotificationPolicy,
): (NotificationRequested | NotificationClaimed)[] {
  const attempt = state.attempt + 1;
  const until = isoTime(context.nowMs + policy.claimLimitMs);
  return [...request(state, context), event(context, 'NotificationClaimed', `${attempt}|${by}`, { attempt, by, until, possibleDuplicate })];
}

export interface Delivery {
  readonly attempt: number;
  readonly mailId: string;
  readonly possibleDuplicate: boolean;
  readonly customer: MailCustomer;
}

/** A mail has gone: recorded whatever happened meanwhile, but only once for each attempt. */
export function recordSent(state: NotificationState, context: NotificationContext, delivery: Delivery): NotificationSent[] {
  if (state.phase.status === 'completed' || copiesOf(state).some((copy) => copy.attempt === delivery.attempt)) return [];
  return [event(context, 'NotificationSent', `${delivery.attempt}`, { ...delivery })];
}

/** An attempt has failed for certain: it is retried, or parked when that is hopeless. Nothing when the attempt is another's by now. */
export function recordFailure(
  state: NotificationState,
  context: NotificationContext,
  failure: { readonly attempt: number; readonly reason: string; readonly permanent: boolean },
  policy: NotificationPolicy,
): (NotificationFailed | NotificationParked)[] {
  const { attempt, reason, permanent } = failure;
  if (state.phase.status !== 'claimed' || state.attempt !== attempt) return [];
  if (permanent || attemptsSinceRequeue(state) >= policy.maxAttempts) return [event(context, 'NotificationParked', `${attempt}`, { attempt, reason })];
  return [event(context, 'NotificationFailed', `${attempt}`, { attempt, reason, retryAt: isoTime(context.nowMs + retryWaitMs(state, policy)) })];
}

/** No further attempt without an operator. */
export function park(state: NotificationState, context: NotificationContext, reason: string): NotificationParked[] {
  const { attempt, phase } = state;
  if (phase.status === 'parked' || phase.status === 'sent' || phase.status === 'completed') return [];
  return [event(context, 'NotificationParked', `${attempt}|${state.requeues}`, { attempt, reason })];
}

/** An operator asks for a parked mail again. Nothing unless it is parked. */
export function requeue(state: NotificationState, context: NotificationContext, by: string): NotificationRequeued[] {
  if (state.phase.status !== 'parked') return [];
  return [event(context, 'NotificationRequeued', `${state.attempt}|${state.requeues}`, { by })];
}

/** The follow-up with the customer's data has gone. */
export function recordCompleted(
  state: NotificationState,
  context: NotificationContext,
  followUp: { readonly mailId: string; readonly customer: 'complete' | 'unknown' },
): NotificationCompleted[] {
  if (!owesFollowUp(state)) return [];
  return [event(context, 'NotificationCompleted', '', { ...followUp })];
}

// ---- events -------------------------------------------------------------------------------------

/** The version of the notification events' shapes; src/event-store/event-codec.ts brings older ones up to it. */
export const NOTIFICATION_SCHEMA_VERSION = 1;

interface NotificationEnvelope<Type extends NotificationEvent['type'], Data> {
  readonly id: string;
  readonly type: Type;
  readonly data: { readonly alarmId: string; readonly sensorId: number } & Data;
  readonly metadata: NotificationMetadata;
}

function event<Type extends NotificationEvent['type'], Data>(
  context: NotificationContext,
  type: Type,
  which: string,
  data: Data,
): NotificationEnvelope<Type, Data> {
  const { alarmId, sensorId, nowMs, correlationId, causationId } = context;
  return {
    id: context.idOf(`${alarmId}|${which}|${type}`),
    type,
    data: { alarmId, sensorId, ...data },
    metadata: { schemaVersion: NOTIFICATION_SCHEMA_VERSION, recordedAt: isoTime(nowMs), correlationId, causationId },
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
