import { checkMails } from './check-mails.js';
import { checkReadModels } from './check-read-models.js';
import { checkReceipts } from './check-receipts.js';
import { checkIds } from './check-ids.js';
import { checkStates } from './check-states.js';
import { checkStreams } from './check-streams.js';
import type { Outputs } from './outputs.js';
import { foldLog } from './reference-fold.js';

/** One way in which the outputs differ from what was promised. */
export interface Problem {
  /** `P2`; see docs/reliability.md. */
  readonly promise: string;
  readonly what: string;
}

/** What a sound run came to. */
export interface Figures {
  readonly records: number;
  readonly alarms: number;
  readonly mails: number;
  readonly flaggedMails: number;
}

export interface Verdict {
  /** Empty when the outputs keep every promise. */
  readonly problems: readonly Problem[];
  readonly figures: Figures;
}

/** Judges a run that has come to rest by its outputs alone. */
export function verify(outputs: Outputs): Verdict {
  const expected = foldLog(outputs);
  const problems = [
    ...of('P1', checkAccepted(outputs)),
    ...of('P2', checkReceipts(outputs, expected)),
    ...of('P3', outputs.isKeyed ? checkStreams(outputs, expected) : checkStates(outputs, expected)),
    ...of('P3', checkIds(outputs.events)),
    ...of('P4', checkMails(outputs)),
    ...of('P6', checkReadModels(outputs)),
  ];
  const figures = {
    records: expected.length,
    alarms: outputs.events.filter(({ type }) => type === 'AlarmTriggered').length,
    mails: outputs.mails.length,
    flaggedMails: outputs.mails.filter(({ possibleDuplicate }) => possibleDuplicate).length,
  };
  return { problems, figures };
}

function of(promise: string, whats: readonly string[]): Problem[] {
  return whats.map((what) => ({ promise, what }));
}

/** P1: what a client was told is in the log is there, at that place, byte for byte. A client that got no answer knows nothing. */
function checkAccepted({ sent, topics }: Outputs): string[] {
  const places = (topic: string, partition: number) => topics[topic]?.[partition] ?? [];
  return (sent ?? []).flatMap(({ topic, value, outcome, places: told }) => [
    ...(outcome === 'accepted' && told.length === 0 ? [`a record for ${topic} was accepted at no place`] : []),
    ...told.flatMap(({ partition, offset }) =>
      places(topic, partition).some((record) => record.offset === offset && record.value === value) ? [] : [`${topic}-${partition} ${offset}: accepted, but not in the log`],
    ),
  ]);
}
