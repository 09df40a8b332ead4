/** What an event carries about where it came from, unless it follows from a record of the log. Times are ISO 8601 UTC. */
export interface CausedMetadata {
  readonly schemaVersion: number;
  /** The clock of the process that decided it. */
  readonly recordedAt: string;
  readonly correlationId: string;
  /** The event or the command that led here. */
  readonly causationId: string;
}

/** An event that follows from no record of the log. */
export interface CausedEvent<Type extends string, Data> {
  readonly id: string;
  readonly type: Type;
  readonly data: Data;
  readonly metadata: CausedMetadata;
}
