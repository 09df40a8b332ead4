import { assertNever } from './assert-never.js';
import { attemptsSinceRequeue, OUTCOME_UNKNOWN, retryWaitMs, type NotificationPolicy, type NotificationState } from './notification.js';

/** What the mailer knows of the claimed attempt's mail. */
export type Delivered = 'yes' | 'no' | 'unknown';

export type NextStep =
  | {
      readonly step: 'claim';
      readonly possibleDuplicate: boolean;
      readonly reason: 'first-attempt' | 'requeued' | 'retry-due' | 'claim-not-delivered' | 'claim-without-outcome';
    }
  | { readonly step: 'wait'; readonly untilMs: number; readonly reason: 'retry-not-due' | 'claim-open' }
  | { readonly step: 'record-sent'; readonly reason: 'claim-delivered' }
  | { readonly step: 'park'; readonly reason: typeof OUTCOME_UNKNOWN }
  | { readonly step: 'none'; readonly reason: 'sent' | 'completed' | 'parked' };

/**
 * What is to be done for an alarm's e-mail now, and why. `delivered` matters only while a claim is open: an
 * exact answer makes waiting for its end, and the flag, unnecessary.
 */
export function nextStep(state: NotificationState, nowMs: number, delivered: Delivered, policy: NotificationPolicy): NextStep {
  const { phase, mayHaveGone } = state;
  switch (phase.status) {
    case 'none':
      return { step: 'claim', possibleDuplicate: mayHaveGone, reason: 'first-attempt' };
    case 'requested':
      return { step: 'claim', possibleDuplicate: mayHaveGone, reason: state.attempt === 0 ? 'first-attempt' : 'requeued' };
    case 'failed': {
      const retryAtMs = Date.parse(phase.retryAt);
      if (nowMs < retryAtMs) return { step: 'wait', untilMs: retryAtMs, reason: 'retry-not-due' };
      return { step: 'claim', possibleDuplicate: mayHaveGone, reason: 'retry-due' };
    }
    case 'claimed': {
      if (delivered === 'yes') return { step: 'record-sent', reason: 'claim-delivered' };
      const untilMs = Date.parse(phase.until);
      if (delivered === 'unknown' && nowMs < untilMs) return { step: 'wait', untilMs, reason: 'claim-open' };
      if (attemptsSinceRequeue(state) >= policy.maxAttempts) return { step: 'park', reason: OUTCOME_UNKNOWN };
      if (delivered === 'no') return { step: 'claim', possibleDuplicate: mayHaveGone, reason: 'claim-not-delivered' };
      // However short a claim is: a server that takes mails and gives no answer is not to get one copy after the other.
      const retryAtMs = untilMs + retryWaitMs(state, policy);
      if (nowMs < retryAtMs) return { step: 'wait', untilMs: retryAtMs, reason: 'retry-not-due' };
      return { step: 'claim', possibleDuplicate: true, reason: 'claim-without-outcome' };
    }
    case 'parked':
    case 'sent':
    case 'completed':
      return { step: 'none', reason: phase.status };
    default:
      return assertNever(phase);
  }
}
