/**
 * Where in the message log a record stands: the proof of what has been seen.
 *
 * Shape: `{"log":"5bd1…","topic":"ENTRY","partition":1,"epoch":0,"offset":1207}`. `log` is the log's
 * identity (Kafka's cluster id, or the embedded log's own), `epoch` rises when a topic has begun again,
 * so that neither a move to another log nor a re-created topic makes new records look like old ones.
 */
export interface SourcePosition {
  readonly log: string;
  readonly topic: string;
  readonly partition: number;
  readonly epoch: number;
  readonly offset: number;
}

/** Names the partition of a position: positions of one partition are ordered, others are not. */
export function partitionKey(position: SourcePosition): string {
  return `${position.log}/${position.topic}/${position.partition}`;
}

/** The whole position as one string; the seed of every deterministic id. */
export function positionKey(position: SourcePosition): string {
  return `${partitionKey(position)}/${position.epoch}/${position.offset}`;
}

/** True when `position` is not after `last` in the same partition. */
export function isAtOrBefore(position: SourcePosition, last: { readonly epoch: number; readonly offset: number }): boolean {
  return position.epoch < last.epoch || (position.epoch === last.epoch && position.offset <= last.offset);
}

export function isSamePosition(one: SourcePosition, other: SourcePosition): boolean {
  return one.offset === other.offset && positionKey(one) === positionKey(other);
}
