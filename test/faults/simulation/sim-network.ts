import type { Random } from '../../../src/cli/simulator/random.js';
import type { SimProcess } from './sim-process.js';

/** How a call fails, by what the caller gets to know. */
export interface CallErrors {
  /** It was not done, for certain. */
  readonly refused: () => Error;
  /** It may have been done or not. */
  readonly unknown: () => Error;
}

/** What may happen to calls of one server, as probabilities; all 0 when nothing fails. */
export interface CallFaults {
  /** The server refuses the call, as one that is down or whose disk is full. */
  readonly refuse: number;
  /** The call is lost on its way: not done, and the caller knows nothing. */
  readonly loseCall: number;
  /** The answer is lost: done, and the caller knows nothing. */
  readonly loseAnswer: number;
  /** The call arrives twice; the second one's answer is nobody's. */
  readonly repeat: number;
  /** The call, or its answer, takes long: up to `stallMs`. */
  readonly stall: number;
  readonly stallMs: number;
}

export const NO_FAULTS: CallFaults = { refuse: 0, loseCall: 0, loseAnswer: 0, repeat: 0, stall: 0, stallMs: 0 };

/** How long a caller waits for an answer before it takes it for lost. */
const GIVE_UP_MS = 5000;

/** What a server may suffer at the time; asked anew for each call. */
export interface ServerState {
  readonly faults: CallFaults;
  /** While down it refuses all, and does nothing that arrives. */
  readonly isDown: boolean;
}

/** The way from processes to one server: what is called takes time, overtakes others, is lost, or comes twice. */
export class SimNetwork {
  /** Calls that met a fault. */
  faults = 0;

  constructor(
    private readonly random: Random,
    private readonly state: () => ServerState,
  ) {}

  /** `work` is done at the server, in one step. Thrown: what it throws; `errors`. */
  call<T>(process: SimProcess, errors: CallErrors, work: () => T): Promise<T> {
    const { random } = this;
    const { faults } = this.state();
    const { scheduler } = process;
    return new Promise<T>((resolve, reject) => {
      if (!process.isAlive) return;
      let isOver = false;
      const answer = (tell: () => void): void =>
        process.deliver(() => {
          if (isOver) return;
          isOver = true;
          tell();
        });
      let isLate = false;
      const delay = (): number => {
        const isStalled = this.happens(faults.stall);
        isLate ||= isStalled;
        return random.integer(1, 8) + (isStalled ? random.integer(1, faults.stallMs) : 0);
      };
      const isRefused = this.happens(faults.refuse);
      const isCallLost = this.happens(faults.loseCall);
      const isAnswerLost = this.happens(faults.loseAnswer);
      const isRepeated = this.happens(faults.repeat);
      if (isRepeated) process.repeatedCalls += 1;
      const arrive = (isFirst: boolean): void => {
        let outcome: () => void;
        if (isFirst) process.callIs('before');
        // A call that was not sent yet dies with its process; one that is on its way does not.
        if (!process.isAlive && random.fraction() < 0.5) return;
        if (isRefused || this.state().isDown) {
          outcome = () => reject(errors.refused());
        } else {
          try {
            const value = work();
            outcome = () => resolve(value);
          } catch (error) {
            outcome = () => reject(error instanceof Error ? error : new Error(String(error)));
          }
        }
        if (isFirst) process.callIs('after');
        if (!isFirst || isAnswerLost) return;
        scheduler.after(delay(), () => answer(outcome));
      };
      if (!isCallLost) scheduler.after(delay(), () => arrive(true));
      if (isRepeated) scheduler.after(delay() + delay(), () => arrive(false));
      if (isCallLost || isAnswerLost || isLate) scheduler.after(GIVE_UP_MS, () => isOver || answer(() => reject(errors.unknown())));
    });
  }

  private happens(probability: number): boolean {
    if (probability === 0 || this.random.fraction() >= probability) return false;
    this.faults += 1;
    return true;
  }
}
