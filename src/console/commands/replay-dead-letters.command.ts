import type { Operations } from '../operations.js';

/** Puts dead letters back into the log. */
export class ReplayDeadLetters {
  constructor(readonly ids: readonly string[] | 'all') {}
}

export class ReplayDeadLettersHandler {
  constructor(private readonly operations: Operations) {}

  /** Gives how many. Thrown: `NoSuchDeadLetter`. */
  async execute({ ids }: ReplayDeadLetters): Promise<number> {
    return this.operations.replayDeadLetters(ids);
  }
}
