import type { Operations } from '../operations.js';

/** Marks dead letters as of no use. */
export class DropDeadLetters {
  constructor(readonly ids: readonly string[] | 'all') {}
}

export class DropDeadLettersHandler {
  constructor(private readonly operations: Operations) {}

  /** Gives how many. Thrown: `NoSuchDeadLetter`. */
  async execute({ ids }: DropDeadLetters): Promise<number> {
    return this.operations.dropDeadLetters(ids);
  }
}
