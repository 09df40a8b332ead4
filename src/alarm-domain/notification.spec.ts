import { createHash } from 'node:crypto';
import type { NotificationEvent } from './notification-events.js';
import { nextStep, type Delivered } from './notification-next-step.js';
import {
  claim,
  evolve,
  INITIAL_NOTIFICATION,
  owesFollowUp,
  park,
  recordCompleted,
  recordFailure,
  recordSent,
  request,
  requeue,
  type MailCustomer,
  type NotificationContext,
  type NotificationPolicy,
  type NotificationState,
} from './notification.js';

const POLICY: NotificationPolicy = { claimLimitMs: 60_000, firstRetryMs: 1000, longestRetryMs: 300_000, maxAttempts: 4 };
const START_MS = Date.parse('2026-03-01T12:00:00.000Z');

/** The time `second` seconds after noon. */
function at(second: number): number {
  return START_MS + second * 1000;
}

function context(second: number): NotificationContext {
  return {
    alarmId: 'a1',
    sensorId: 7,
    nowMs: at(second),
    correlationId: 'c',
    causationId: 'alarm',
    idOf: (name) => createHash('sha1').update(name).digest('hex'),
  };
}

type Decide = (state: NotificationState) => readonly NotificationEvent[];

const claimed = (second: number, by = 'A', possibleDuplicate = false): Decide => (state) => claim(state, context(second), by, possibleDuplicate, POLICY);
const failed = (second: number, attempt: number, permanent = false): Decide => (state) =>
  recordFailure(state, context(second), { attempt, reason: 'refused', permanent }, POLICY);
const sent = (second: number, attempt: number, customer: MailCustomer = 'complete'): Decide => (state) =>
  recordSent(state, context(second), { attempt, mailId: '<m>', possibleDuplicate: false, customer });
const requeued = (second: number): Decide => (state) => requeue(state, context(second), 'op-1');
const parked = (second: number, reason = 'lost'): Decide => (state) => park(state, context(second), reason);
const requested = (second: number): Decide => (state) => request(state, context(second));
const completed = (second: number): Decide => (state) => recordCompleted(state, context(second), { mailId: '<f>', customer: 'complete' });

function given(...history: Decide[]) {
  const events: NotificationEvent[] = [];
  let state = INITIAL_NOTIFICATION;
  for (const decide of history) {
    for (const event of decide(state)) {
      state = evolve(state, event);
      events.push(event);
    }
  }
  return {
    state,
    events,
    /** Events as `'Claimed 1 by A'`. */
    then(expected: string[]): void {
      expect(events.map(brief)).toEqual(expected);
    },
    next(second: number, delivered: Delivered = 'unknown') {
      return nextStep(state, at(second), delivered, POLICY);
    },
  };
}

function brief(event: NotificationEvent): string {
  const name = event.type.replace('Notification', '');
  switch (event.type) {
    case 'NotificationClaimed':
      return `${name} ${event.data.attempt} by ${event.data.by}${event.data.possibleDuplicate ? ' flagged' : ''}`;
    case 'NotificationFailed':
      return `${name} ${event.data.attempt}, again after ${(Date.parse(event.data.retryAt) - Date.parse(event.metadata.recordedAt)) / 1000} s`;
    case 'NotificationSent':
    case 'NotificationParked':
      return `${name} ${event.data.attempt}`;
    default:
      return name;
  }
}

describe('the e-mail of one alarm (P4)', () => {
  it('is requested and claimed in one append, then sent, and then there is no more to do', () => {
    const mail = given(claimed(0), sent(1, 1));
    mail.then(['Requested', 'Claimed 1 by A', 'Sent 1']);
    expect(mail.next(1000)).toEqual({ step: 'none', reason: 'sent' });
  });

  it('says why it claims', () => {
    expect(given().next(0)).toEqual({ step: 'claim', possibleDuplicate: false, reason: 'first-attempt' });
    expect(given(requested(0)).next(0)).toEqual({ step: 'claim', possibleDuplicate: false, reason: 'first-attempt' });
    expect(given(claimed(0), failed(1, 1, true), requeued(2)).next(3)).toEqual({ step: 'claim', possibleDuplicate: false, reason: 'requeued' });
  });

  it('is retried after a certain failure, later each time, unflagged, and parked after the last attempt', () => {
    const history = [claimed(0), failed(1, 1), claimed(2), failed(3, 2), claimed(5), failed(6, 3)];
    const mail = given(...history);
    mail.then(['Requested', 'Claimed 1 by A', 'Failed 1, again after 1 s', 'Claimed 2 by A', 'Failed 2, again after 2 s', 'Claimed 3 by A', 'Failed 3, again after 4 s']);
    expect(mail.next(9.999)).toEqual({ step: 'wait', untilMs: at(10), reason: 'retry-not-due' });
    expect(mail.next(10)).toEqual({ step: 'claim', possibleDuplicate: false, reason: 'retry-due' });
    const last = given(...history, claimed(10), failed(11, 4));
    expect(last.events.at(-1)?.type).toBe('NotificationParked');
    expect(last.next(1000)).toEqual({ step: 'none', reason: 'parked' });
  });

  it('never waits longer than the limit', () => {
    const patient = { ...POLICY, maxAttempts: 100 };
    const state: NotificationState = { ...given(claimed(0)).state, attempt: 40 };
    const [event] = recordFailure(state, context(1), { attempt: 40, reason: 'refused', permanent: false }, patient);
    expect(event && brief(event)).toBe('Failed 40, again after 300 s');
  });

  it('is parked at once by a permanent refusal; an operator gives it its attempts again', () => {
    const mail = given(claimed(0), failed(1, 1, true), requeued(2), claimed(3), failed(4, 2));
    mail.then(['Requested', 'Claimed 1 by A', 'Parked 1', 'Requeued', 'Claimed 2 by A', 'Failed 2, again after 1 s']);
  });

  it('waits for a claim of which nothing is known until its limit, then sends flagged, and flags all later copies', () => {
    const mail = given(claimed(0));
    expect(mail.next(59.999)).toEqual({ step: 'wait', untilMs: at(60), reason: 'claim-open' });
    expect(mail.next(61)).toEqual({ step: 'claim', possibleDuplicate: true, reason: 'claim-without-outcome' });
    const second = given(claimed(0), claimed(60, 'B', true), failed(61, 2));
    expect(second.next(70)).toEqual({ step: 'claim', possibleDuplicate: true, reason: 'retry-due' });
    expect(given(claimed(0), claimed(60, 'B', true), failed(61, 2, true), requeued(62)).next(63)).toMatchObject({ possibleDuplicate: true });
  });

  it('waits after a claim without an outcome, too, later each time, so that a server that never answers does not get one copy after the other', () => {
    const mail = given(claimed(0));
    expect(mail.next(60)).toEqual({ step: 'wait', untilMs: at(61), reason: 'retry-not-due' });
    const third = given(claimed(0), claimed(61, 'A', true), claimed(123, 'A', true));
    expect(third.next(183)).toEqual({ step: 'wait', untilMs: at(187), reason: 'retry-not-due' });
    expect(third.next(187)).toMatchObject({ step: 'claim', possibleDuplicate: true });
    expect(third.next(187, 'no')).toMatchObject({ step: 'claim', reason: 'claim-not-delivered' });
    expect(given(claimed(0), parked(60, 'outcome-unknown'), requeued(61), claimed(62, 'A', true)).next(123)).toMatchObject({ step: 'claim' });
  });

  it('needs no waiting and no flag when the mailer knows what became of the claim', () => {
    expect(given(claimed(0)).next(1, 'yes')).toEqual({ step: 'record-sent', reason: 'claim-delivered' });
    expect(given(claimed(0)).next(1, 'no')).toEqual({ step: 'claim', possibleDuplicate: false, reason: 'claim-not-delivered' });
  });

  it('is parked when the last attempt has no outcome', () => {
    const mail = given(claimed(0), claimed(60, 'A', true), claimed(120, 'A', true), claimed(180, 'A', true));
    expect(mail.next(239)).toEqual({ step: 'wait', untilMs: at(240), reason: 'claim-open' });
    expect(mail.next(240)).toEqual({ step: 'park', reason: 'outcome-unknown' });
    expect(given(claimed(0), parked(60, 'outcome-unknown'), requeued(61)).next(62)).toEqual({ step: 'claim', possibleDuplicate: true, reason: 'requeued' });
  });

  it('takes a late outcome: a mail that has gone is recorded, the failure of an attempt that another took over is not', () => {
    given(claimed(0), claimed(60, 'B', true), failed(61, 1)).then(['Requested', 'Claimed 1 by A', 'Claimed 2 by B flagged']);
    const mail = given(claimed(0), claimed(60, 'B', true), sent(61, 1));
    expect(mail.next(1000)).toEqual({ step: 'none', reason: 'sent' });
    given(claimed(0), claimed(60, 'B', true), sent(61, 1), sent(62, 2), sent(63, 2)).then(['Requested', 'Claimed 1 by A', 'Claimed 2 by B flagged', 'Sent 1', 'Sent 2']);
  });

  it('owes a follow-up until a mail with the customer or the follow-up has gone', () => {
    expect(owesFollowUp(given(claimed(0), sent(1, 1, 'unavailable')).state)).toBe(true);
    expect(owesFollowUp(given(claimed(0), claimed(60, 'B', true), sent(61, 2), sent(62, 1, 'unavailable')).state)).toBe(false);
    const mail = given(claimed(0), sent(1, 1, 'unavailable'), completed(2), completed(3));
    mail.then(['Requested', 'Claimed 1 by A', 'Sent 1', 'Completed']);
    expect(mail.next(4)).toEqual({ step: 'none', reason: 'completed' });
    given(claimed(0), sent(1, 1), completed(2)).then(['Requested', 'Claimed 1 by A', 'Sent 1']);
  });

  it('lets nothing be parked after it went, nor be requeued unless it is parked', () => {
    given(claimed(0), sent(1, 1), parked(2), requeued(3)).then(['Requested', 'Claimed 1 by A', 'Sent 1']);
    given(parked(0), parked(1), requeued(2), requeued(3)).then(['Parked 0', 'Requeued']);
  });

  it('gives each event an id of its own, and two claims of one attempt by two processes two', () => {
    const { events } = given(parked(0), requeued(1), parked(2), requeued(3), claimed(4), failed(5, 1, true), requeued(6), claimed(7), sent(8, 2));
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
    const [ofA, ofB] = [given(claimed(0, 'A')), given(claimed(0, 'B'))];
    expect(ofA.events[0]?.id).toBe(ofB.events[0]?.id);
    expect(ofA.events[1]?.id).not.toBe(ofB.events[1]?.id);
  });
});
