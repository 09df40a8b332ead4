import type { Random } from './random.js';

/** One message of an incident; a step with nothing wrong is an OK message. */
export interface IncidentStep {
  readonly movement: boolean;
  readonly smoke: boolean;
  readonly heat: boolean;
}

/** What happens at one sensor: its messages in order, apart from the recovery of the alarms left open at the end. */
export interface Incident {
  readonly steps: readonly IncidentStep[];
  /** Alarms still open after the last step. */
  readonly openAtEnd: number;
  /** Alarms that the steps open and recover again. */
  readonly recoveredWithin: number;
}

const MOTION: IncidentStep = { movement: true, smoke: false, heat: false };
const SMOKE: IncidentStep = { movement: false, smoke: true, heat: false };
const HEAT: IncidentStep = { movement: false, smoke: false, heat: true };
const FIRE: IncidentStep = { movement: false, smoke: true, heat: true };
export const OK_STEP: IncidentStep = { movement: false, smoke: false, heat: false };

interface IncidentKind {
  /** How many of `DECK_SIZE` incidents are of this kind. */
  readonly cards: number;
  readonly alarms: number;
  /** Mean number of abnormal readings. */
  readonly abnormalReadings: number;
  readonly draw: (random: Random) => Incident;
}

/**
 * What can happen, each to exercise some rule: R2 (intruder), R3 (smoke, heat), both at once (fire), strikes
 * that do not complete (flicker), an OK with nothing to recover (stray OK), a new alarm after a recovery
 * (relapse), and R7 by readings that go on while the alarm is open.
 */
const KINDS: readonly IncidentKind[] = [
  { cards: 8, alarms: 1, abnormalReadings: 2, draw: (random) => alarmOf(repeat(MOTION, 1 + random.integer(0, 2)), 1) },
  { cards: 3, alarms: 1, abnormalReadings: 3.5, draw: (random) => alarmOf(repeat(SMOKE, 3 + random.integer(0, 1)), 1) },
  { cards: 3, alarms: 1, abnormalReadings: 3.5, draw: (random) => alarmOf(repeat(HEAT, 3 + random.integer(0, 1)), 1) },
  { cards: 1, alarms: 2, abnormalReadings: 3.5, draw: (random) => alarmOf(repeat(FIRE, 3 + random.integer(0, 1)), 2) },
  { cards: 3, alarms: 0, abnormalReadings: 1.5, draw: flicker },
  { cards: 1, alarms: 0, abnormalReadings: 0, draw: () => alarmOf([OK_STEP], 0) },
  { cards: 1, alarms: 2, abnormalReadings: 2, draw: () => ({ steps: [MOTION, OK_STEP, MOTION], openAtEnd: 1, recoveredWithin: 1 }) },
];

const DECK_SIZE = sumOf((kind) => kind.cards);

/** Mean over all kinds. */
export const ALARMS_PER_INCIDENT = sumOf((kind) => kind.cards * kind.alarms) / DECK_SIZE;

/** Mean over all kinds. */
export const ABNORMAL_READINGS_PER_INCIDENT = sumOf((kind) => kind.cards * kind.abnormalReadings) / DECK_SIZE;

/** Deals incidents from a shuffled deck, so that every twenty of them hold each kind in its exact share. */
export class IncidentDeck {
  private readonly cards: IncidentKind[] = KINDS.flatMap((kind) => Array.from({ length: kind.cards }, () => kind));
  private dealt = this.cards.length;

  constructor(private readonly random: Random) {}

  deal(): Incident {
    if (this.dealt === this.cards.length) {
      this.random.shuffle(this.cards);
      this.dealt = 0;
    }
    const kind = this.cards[this.dealt] as IncidentKind;
    this.dealt += 1;
    return kind.draw(this.random);
  }
}

/** One or two strikes, half of them cleared by an OK. */
function flicker(random: Random): Incident {
  const strikes = repeat(random.integer(0, 1) === 0 ? SMOKE : HEAT, random.integer(1, 2));
  return alarmOf(random.integer(0, 1) === 0 ? strikes : [...strikes, OK_STEP], 0);
}

function alarmOf(steps: readonly IncidentStep[], openAtEnd: number): Incident {
  return { steps, openAtEnd, recoveredWithin: 0 };
}

function repeat(step: IncidentStep, times: number): readonly IncidentStep[] {
  return Array.from({ length: times }, () => step);
}

function sumOf(value: (kind: IncidentKind) => number): number {
  return KINDS.reduce((sum, kind) => sum + value(kind), 0);
}
