import { isCertificateError } from '../../connecting/certificate-errors.js';

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

/** How kafkajs tells, within the failure of a log-in, that the broker went away during it or did not answer. */
const WENT_AWAY = /closed connection|connection (error|timeout|to)|not connected|timed out|disconnect/i;

/** Whether a broker refuses the log-in, or has a certificate that is not trusted: to wait would not help. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, message, originalError } = error as Error & { originalError?: unknown };
  const isLoginRefused = name === 'KafkaJSSASLAuthenticationError' && !WENT_AWAY.test(message);
  return isLoginRefused || isCertificateError(error) || isRefusal(error.cause) || isRefusal(originalError);
}

/** The brokers are there, but not for us. */
export class KafkaRefused extends Error {
  constructor(brokers: readonly string[], cause: unknown) {
    super(`Kafka at ${brokers.join(', ')} is there, but not for us: ${cause instanceof Error ? cause.message : String(cause)}\nsee KAFKA_TLS, KAFKA_SASL_* and, for an authority of your own, NODE_EXTRA_CA_CERTS`, { cause });
    this.name = 'KafkaRefused';
  }
}

/** kafkajs is not the version that this was written for. */
export class UnknownKafkajs extends Error {
  constructor(what: string) {
    super(`${what}; this needs kafkajs 2.2.4 exactly`);
    this.name = 'UnknownKafkajs';
  }
}
