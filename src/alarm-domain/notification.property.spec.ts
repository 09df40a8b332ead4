import fc from 'fast-check';
import type { NotificationEvent } from './notification-events.js';
import { nextStep } from './notification-next-step.js';
import {
  claim,
  evolve,
  INITIAL_NOTIFICATION,
  park,
  recordFailure,
  recordSent,
  requeue,
  type NotificationContext,
  type NotificationPolicy,
  type NotificationState,
} from './notification.js';

/** Few attempts, so that the model often comes to the last one. */
const POLICY: NotificationPolicy = { claimLimitMs: 60_000, firstRetryMs: 1000, longestRetryMs: 300_000, maxAttempts: 2 };
const START_MS = Date.parse('2026-03-01T12:00:00.000Z');

function contextAt(nowMs: number): NotificationContext {
  return { alarmId: 'a1', sensorId: 7, nowMs, correlationId: 'c', causationId: 'e', idOf: (name) => name };
}

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
    const context = contextAt(world.nowMs);
    if (this.at === 'idle') {
      const loaded = world.load();
      const next = nextStep(loaded.state, world.nowMs, 'unknown', POLICY);
      if (next.step === 'claim') this.at = { loaded, flagged: next.possibleDuplicate };
      else if (next.step === 'park') world.append(loaded.revision, park(loaded.state, context, next.reason));
    } else if ('loaded' in this.at) {
      const { loaded, flagged } = this.at;
      const events = claim(loaded.state, context, `${this.name}${this.instance}`, flagged, POLICY);
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
          : recordFailure(state, context, { attempt: mine, reason: 'refused', permanent: false }, POLICY);
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
  world.append(revision, requeue(state, contextAt(world.nowMs), 'op-1'));
}
