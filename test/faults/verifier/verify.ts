import { checkCommands, foldAlarmLife } from './check-alarm-life.js';
import { checkEvidence } from './check-evidence.js';
import { checkMails } from './check-mails.js';
import { checkReadModels } from './check-read-models.js';
import { ReceiptCheck } from './check-receipts.js';
import { checkSilence } from './check-silence.js';
import { ToldPlaces } from './told-places.js';
import { checkIds } from './check-ids.js';
import { checkStates } from './check-states.js';
import { checkStreams } from './check-streams.js';
import type { Outputs } from './outputs.js';
import { foldLog, type ExpectedRecord } from './reference-fold.js';

/** One way in which the outputs differ from what was promised. */
export interface Problem {
  /** `P2`; see docs/reliability.md. `ADR 17` for silences, which are none of these. */
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
  const told = new ToldPlaces(outputs);
  const receipts = new ReceiptCheck(outputs);
  // All but those that change nothing, of which there may be millions.
  const expected: ExpectedRecord[] = [];
  let records = 0;
  for (const each of foldLog(outputs)) {
    records += 1;
    told.see(each);
    receipts.see(each);
    if (each.outcome !== 'normal' || outputs.policy.clearOnNormal) expected.push(each);
  }
  const life = foldAlarmLife(outputs.events);
  const problems = [
    ...of('P1', [...told.problems(), ...checkCommands(outputs)]),
    ...of('P2', receipts.problems(expected)),
    ...of('P3', outputs.isKeyed ? checkStreams(outputs, expected) : checkStates(outputs, expected)),
    ...of('P3', [...checkIds(outputs.events), ...checkEvidence(outputs, expected), ...life.problems]),
    ...of('P4', checkMails(outputs, life)),
    ...of('P6', checkReadModels(outputs, life)),
    ...of('ADR 17', checkSilence(outputs)),
  ];
  const figures = {
    records,
    alarms: outputs.events.filter(({ type }) => type === 'AlarmTriggered').length,
    mails: outputs.mails.length,
    flaggedMails: outputs.mails.filter(({ possibleDuplicate }) => possibleDuplicate).length,
  };
  return { problems, figures };
}

function of(promise: string, whats: readonly string[]): Problem[] {
  return whats.map((what) => ({ promise, what }));
}
