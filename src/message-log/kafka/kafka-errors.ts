/** Error codes of Kafka's protocol that mean something to us. Source: https://kafka.apache.org/protocol#protocol_error_codes */
export const KAFKA_ERROR = {
  none: 0,
  offsetOutOfRange: 1,
  corruptMessage: 2,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  notLeaderOrFollower: 6,
  requestTimedOut: 7,
  messageTooLarge: 10,
  networkException: 13,
  notEnoughReplicas: 19,
  notEnoughReplicasAfterAppend: 20,
  outOfOrderSequence: 45,
  duplicateSequence: 46,
  invalidProducerEpoch: 47,
  kafkaStorageError: 56,
  unknownProducerId: 59,
  fencedLeaderEpoch: 74,
  unknownLeaderEpoch: 75,
  offsetNotAvailable: 78,
  unknownTopicId: 100,
} as const;

const NAMES = new Map<number, string>(Object.entries(KAFKA_ERROR).map(([name, code]) => [code, name]));

/** `"notLeaderOrFollower (6)"`. */
export function kafkaErrorName(code: number): string {
  return `${NAMES.get(code) ?? 'error'} (${code})`;
}

/** A broker answered with an error. */
export class KafkaFailure extends Error {
  constructor(
    where: string,
    readonly code: number,
  ) {
    super(`Kafka answered ${kafkaErrorName(code)} for ${where}`);
    this.name = 'KafkaFailure';
  }
}
