import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { NotificationEvent } from './notification-events.js';
import {
  claim,
  evolve,
  INITIAL_NOTIFICATION,
  nextStep,
  owesFollowUp,
  park,
  recordCompleted,
  recordFailure,
  recordSent,
  request,
  requeue,
  type Delivered,
  type MailCustomer,
  type NotificationContext,
  type NotificationPolicy,
  type NotificationState,
} from './notification.js';

const POLICY: NotificationPolicy = { claimLimitMs: 60_000, firstRetryMs: 1000, longestRetryMs: 300_000, maxAttempts: 4 };
/** Few attempts, so that the model often comes to the last one. */
const MODEL_POLICY: NotificationPolicy = { ...POLICY, maxAttempts: 2 };
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
    expect(mail.next(60)).toEqual({ step: 'claim', possibleDuplicate: true, reason: 'claim-without-outcome' });
    const second = given(claimed(0), claimed(60, 'B', true), failed(61, 2));
    expect(second.next(70)).toEqual({ step: 'claim', possibleDuplicate: true, reason: 'retry-due' });
    expect(given(claimed(0), claimed(60, 'B', true), failed(61, 2, true), requeued(62)).next(63)).toMatchObject({ possibleDuplicate: true });
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

/**
 * Two notifiers on one stream and a mail server, as a model: every step of theirs may be the last before a
 * crash, any may be delayed past its claim's limit, and an append is stored only at the revision it expects.
 */
class World {
  readonly events: NotificationEvent[] = [];
  /** One entry per copy that reached the mailbox: whether it is flagged. */
  readonly copies: boolean[] = [];
  nowMs = START_MS;
  readonly notifiers: [Notifier, Notifier] = [new Notifier(this, 'A'), new Notifier(this, 'B')];

  load(): { state: NotificationState; revision: number } {
    return { state: this.events.reduce(evolve, INITIAL_NOTIFICATION), revision: this.events.length };
  }

  append(revision: number, events: readonly NotificationEvent[]): boolean {
    if (revision !== this.events.length) return false;
    this.events.push(...events);
    return true;
  }
}

type ServerAnswer = 'accepts' | 'refuses' | 'takes-and-drops' | 'drops';

class Notifier {
  private instance = 0;
  private at: 'idle' | { loaded: ReturnType<World['load']>; flagged: boolean } | { mine: number; flagged: boolean } | { outcome: 'sent' | 'failed'; mine: number; flagged: boolean } = 'idle';

  constructor(
    private readonly world: World,
    private readonly name: string,
  ) {}

  crash(): void {
    this.at = 'idle';
    this.instance += 1;
  }

  /** One step: look, claim, send, or record. */
  step(answer: ServerAnswer): void {
    const { world } = this;
    const context: NotificationContext = { alarmId: 'a1', sensorId: 7, nowMs: world.nowMs, correlationId: 'c', causationId: 'e', idOf: (name) => name };
    if (this.at === 'idle') {
      const loaded = world.load();
      const next = nextStep(loaded.state, world.nowMs, 'unknown', MODEL_POLICY);
      if (next.step === 'claim') this.at = { loaded, flagged: next.possibleDuplicate };
      else if (next.step === 'park') world.append(loaded.revision, park(loaded.state, context, next.reason));
    } else if ('loaded' in this.at) {
      const { loaded, flagged } = this.at;
      const events = claim(loaded.state, context, `${this.name}${this.instance}`, flagged, MODEL_POLICY);
      this.at = world.append(loaded.revision, events) ? { mine: loaded.state.attempt + 1, flagged } : 'idle';
    } else if (!('outcome' in this.at)) {
      const { mine, flagged } = this.at;
      if (answer === 'accepts' || answer === 'takes-and-drops') world.copies.push(flagged);
      if (answer === 'accepts') this.at = { outcome: 'sent', mine, flagged };
      else if (answer === 'refuses') this.at = { outcome: 'failed', mine, flagged };
      else this.at = 'idle';
    } else {
      const { outcome, mine, flagged } = this.at;
      const { state, revision } = world.load();
      const events =
        outcome === 'sent'
          ? recordSent(state, context, { attempt: mine, mailId: '<m>', possibleDuplicate: flagged, customer: 'complete' })
          : recordFailure(state, context, { attempt: mine, reason: 'refused', permanent: false }, MODEL_POLICY);
      if (world.append(revision, events)) this.at = 'idle';
    }
  }
}

const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('step' as const), who: fc.integer({ min: 0, max: 1 }), times: fc.integer({ min: 1, max: 4 }), answer: fc.constantFrom<ServerAnswer>('accepts', 'refuses', 'takes-and-drops', 'drops') }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('crash' as const), who: fc.integer({ min: 0, max: 1 }) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('time' as const), ms: fc.constantFrom(500, 2000, 30_000, 61_000) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('operator' as const) }) },
);

describe('two notifiers, any interleaving of steps, answers, crashes and delays', () => {
  it('never send two unflagged copies, and in the end have sent one', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const world = new World();
        for (const each of actions) {
          if (each.type === 'step') {
            for (let time = 0; time < each.times; time += 1) world.notifiers[each.who as 0 | 1].step(each.answer);
          } else if (each.type === 'crash') world.notifiers[each.who as 0 | 1].crash();
          else if (each.type === 'time') world.nowMs += each.ms;
          else requeueNow(world);
          expect(world.copies.filter((isFlagged) => !isFlagged).length).toBeLessThanOrEqual(1);
        }
        // The server is well again, an operator looks after what was parked, and one notifier goes on alone.
        for (let round = 0; round < 40 && world.load().state.phase.status !== 'sent'; round += 1) {
          world.notifiers[0].step('accepts');
          world.nowMs += 20_000;
          requeueNow(world);
        }
        expect(world.load().state.phase.status).toBe('sent');
        expect(world.copies.length).toBeGreaterThanOrEqual(1);
        expect(world.copies.filter((isFlagged) => !isFlagged).length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2000 },
    );
  });
});

function requeueNow(world: World): void {
  const { state, revision } = world.load();
  world.append(revision, requeue(state, { ...context(0), nowMs: world.nowMs }, 'op-1'));
}
