/**
 * What a run gave out, as plain data: all that the verifier knows. Nothing in this folder imports from `src/`.
 *
 * What a long run has millions of is gone through one by one and need not be in memory (see stored-outputs.ts).
 * Times are milliseconds since 1970 UTC unless they are ISO 8601.
 */
export interface Outputs {
  readonly policy: { readonly n: number; readonly windowMs: number | null; readonly clearOnNormal: boolean };
  /** Whether all records of a sensor are in partitions of one number; else their order of processing is not told by the log. */
  readonly isKeyed: boolean;
  /** The log's identity, as it is in the events. */
  readonly log: string;
  /** What clients sent and what they were answered; null where that was not written down. */
  readonly sent: Iterable<SentRecord> | null;
  /**
   * What `sent` has all of, so that ENTRY and OK can hold nothing else: every request, or every message, which its client may
   * have sent more than once until it was answered. Not there where others sent, too.
   */
  readonly sentHas?: 'every request' | 'every message';
  /** Partitions by topic: ENTRY, OK, ENTRY.dlq, OK.dlq, COUNT. Each by ascending offset. */
  readonly topics: Readonly<Record<string, readonly Iterable<TopicRecord>[]>>;
  /** What operators and supervision asked for, where that was written down. */
  readonly commands?: readonly CommandAnswer[];
  /** A silence that supervision had to notice, where there was one. */
  readonly silence?: SupervisedSilence;
  /** All events of all streams in the store's order. */
  readonly events: readonly OutputEvent[];
  /** One for each process that keeps read models. */
  readonly readModels: readonly ReadModels[];
  /** The mail server's own list, in the order in which it took them. */
  readonly mails: readonly AcceptedMail[];
}

export interface SentRecord {
  readonly topic: string;
  /** Base64 of the record's bytes. */
  readonly value: string;
  /** `unknown`: no answer in time, so it may be in the log or not; `refused`: told for certain that it is not taken, as by a status of 4xx, but not by 500 or 503. */
  readonly outcome: 'accepted' | 'unknown' | 'refused';
  /** The places that the answers named, one for each answer. */
  readonly places: readonly { readonly partition: number; readonly offset: number }[];
}

/** `done`: an event tells of it, under its id as correlation id; `refused`: none does. */
export interface CommandAnswer {
  readonly commandId: string;
  readonly outcome: 'done' | 'refused' | 'unknown';
}

/** From `fromMs` to `untilMs` nothing was heard of `silent`; of the others all the time, and of all of them for long before and after. */
export interface SupervisedSilence {
  readonly sensors: readonly number[];
  readonly silent: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface TopicRecord {
  readonly offset: number;
  /** Base64; null for a tombstone. */
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly appendedAtMs: number;
  /** Of two records, of any topics, the one with the lower order was appended first. */
  readonly order: number;
}

export interface OutputEvent {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  // Whatever an event says.
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** When the store stored it, by the run's own time; null where that is not known. */
  readonly storedAtMs: number | null;
}

export interface ReadModels {
  readonly of: string;
  /** `openTypes`: null where it is not kept. */
  readonly map: readonly { readonly sensorId: number; readonly state: string; readonly openTypes: string | null }[];
  /** Whether a sensor that never had an alarm is on the map, too: it is inactive. */
  readonly hasEverySensor?: boolean;
  readonly counts: readonly { readonly minute: string; readonly type: string; readonly count: number }[];
  /** Null where none are kept. */
  readonly alarms: readonly { readonly alarmId: string; readonly status: string; readonly email: string; readonly acknowledgedAt: string | null }[] | null;
  /** Sensors that were ever shelved, and silent; not there where none are kept. */
  readonly shelved?: readonly { readonly sensorId: number; readonly isShelved: number }[];
  readonly silent?: readonly { readonly sensorId: number; readonly isSilent: number }[];
  /** Events that a projection could not take. */
  readonly parked: number;
}

export interface AcceptedMail {
  readonly messageId: string;
  /** The alarm that it names. */
  readonly alarmId: string | null;
  /** It brings a customer's data after a mail that had to go without. */
  readonly isFollowUp: boolean;
  readonly possibleDuplicate: boolean;
  /** Which process sent it and when it began to, where that is known: then the lease is checked too. */
  readonly sender: { readonly process: string; readonly begunAtMs: number } | null;
}
