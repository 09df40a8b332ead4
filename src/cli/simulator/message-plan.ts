import { DueQueue } from './due-queue.js';
import { IncidentDeck, OK_STEP, type Incident, type IncidentStep } from './incidents.js';
import { Random } from './random.js';

/** One message that a sensor will send; `index` counts from 0 over all sensors. Temperatures have one decimal. */
export interface PlannedMessage {
  readonly index: number;
  readonly topic: 'ENTRY' | 'OK';
  readonly sensorId: number;
  readonly movement: boolean;
  readonly smoke: boolean;
  readonly temperatureCelsius: number;
  readonly maxTemperatureCelsius: number;
}

export interface PlanOptions {
  readonly seed: string;
  /** Sensors have the ids 1 to `sensors`, as the customers. */
  readonly sensors: number;
  /** Mean number of messages, over all sensors, from one incident to the next; `Infinity` for none. */
  readonly incidentEvery: number;
  /** Number of messages, over all sensors, that makes the usual pause between two steps of an incident. */
  readonly pause: number;
  /** The share of alarms that are recovered within some pauses; 0 for no recovery at all. */
  readonly recoveryShare: number;
  /** Number of messages after which the other alarms are recovered, so that a run without an end has a bounded number of open alarms. */
  readonly lateRecoveryAfter: number;
}

/** What is left of an incident: the steps, each with its pause after the step before, in messages. */
interface RunningIncident {
  readonly sensorId: number;
  readonly steps: readonly { readonly step: IncidentStep; readonly pause: number }[];
}

/** The shortest and longest pause between two steps, and before the recovery, in pauses. */
const STEP_PAUSES = [0.5, 3] as const;
const RECOVERY_PAUSES = [2, 30] as const;

/** The maximum temperatures that sensors are set to. */
const MAXIMA_CELSIUS = [30, 28, 32, 35] as const;

/** One normal reading in so many is exactly at its maximum, which is not above it (R1). */
const AT_MAXIMUM_IN = 1000;

/**
 * The messages of a run, always the same for the same options, whatever the timing.
 *
 * Sensors report in turn, in a shuffled order that stays; between them come the messages of incidents. Time
 * is counted in messages: a run at another speed sends the same ones.
 */
export class MessagePlan {
  private readonly random: Random;
  private readonly deck: IncidentDeck;
  private readonly turn: Uint32Array;
  private readonly running = new DueQueue<RunningIncident>();
  /** Sensors with an incident; another one there would make its outcome hard to steer. */
  private readonly afflicted = new Set<number>();
  private index = 0;
  private turns = 0;
  private incidents = 0;
  private nextIncidentAt: number;
  /** Alarms that are still owed a recovery for the share to hold; kept near zero. */
  private recoveriesOwed = 0;

  constructor(private readonly options: PlanOptions) {
    this.random = Random.seeded(options.seed);
    this.deck = new IncidentDeck(this.random);
    this.turn = Uint32Array.from({ length: options.sensors }, (_, i) => i + 1);
    this.random.shuffle(this.turn);
    this.nextIncidentAt = this.drawIncidentStart();
  }

  next(): PlannedMessage {
    const index = this.index++;
    const due = this.running.takeDue(index) ?? this.startIncident(index);
    if (due) return this.incidentMessage(index, due);
    const sensorId = this.turn[this.turns++ % this.turn.length] as number;
    return this.message(index, 'ENTRY', sensorId, OK_STEP);
  }

  private startIncident(index: number): RunningIncident | null {
    const { sensors, recoveryShare } = this.options;
    if (index < this.nextIncidentAt || this.afflicted.size >= Math.max(1, sensors / 2)) return null;
    this.incidents += 1;
    this.nextIncidentAt = this.drawIncidentStart();

    const incident = this.deck.deal();
    const steps = incident.steps
      .filter((step) => step !== OK_STEP || recoveryShare > 0)
      .map((step) => ({ step, pause: this.drawPause(STEP_PAUSES) }));
    if (steps.length === 0) return null;
    if (incident.openAtEnd > 0 && recoveryShare > 0) steps.push({ step: OK_STEP, pause: this.recoveryPause(incident) });

    let sensorId = this.random.integer(1, sensors);
    while (this.afflicted.has(sensorId)) sensorId = this.random.integer(1, sensors);
    this.afflicted.add(sensorId);
    return { sensorId, steps };
  }

  /** Soon for as many alarms as the share says, evened out over the incidents; late for the others. */
  private recoveryPause({ openAtEnd, recoveredWithin }: Incident): number {
    this.recoveriesOwed += this.options.recoveryShare * (openAtEnd + recoveredWithin) - recoveredWithin;
    if (this.recoveriesOwed < openAtEnd / 2) return this.options.lateRecoveryAfter;
    this.recoveriesOwed -= openAtEnd;
    return this.drawPause(RECOVERY_PAUSES);
  }

  /** Somewhere in the stretch of the next incident: each stretch holds one, so their number hardly varies. */
  private drawIncidentStart(): number {
    const { incidentEvery } = this.options;
    return incidentEvery === Infinity ? Infinity : Math.floor((this.incidents + this.random.fraction()) * incidentEvery);
  }

  /** The first step of `incident` as a message; the steps after it are put down for their time. */
  private incidentMessage(index: number, { sensorId, steps }: RunningIncident): PlannedMessage {
    const [current, following] = steps;
    if (following) this.running.add(index + following.pause, { sensorId, steps: steps.slice(1) });
    else this.afflicted.delete(sensorId);
    const step = current?.step ?? OK_STEP;
    return this.message(index, step === OK_STEP ? 'OK' : 'ENTRY', sensorId, step);
  }

  private drawPause([shortest, longest]: readonly [number, number]): number {
    return Math.max(1, Math.round(this.options.pause * (shortest + this.random.fraction() * (longest - shortest))));
  }

  private message(index: number, topic: 'ENTRY' | 'OK', sensorId: number, step: IncidentStep): PlannedMessage {
    const maxTemperatureCelsius = MAXIMA_CELSIUS[sensorId % MAXIMA_CELSIUS.length] as number;
    const temperatureCelsius = this.drawTemperature(maxTemperatureCelsius * 10, step.heat) / 10;
    return { index, topic, sensorId, movement: step.movement, smoke: step.smoke, temperatureCelsius, maxTemperatureCelsius };
  }

  /** In tenths of a degree. */
  private drawTemperature(maximum: number, isHot: boolean): number {
    if (isHot) return maximum + this.random.integer(1, 400);
    return this.random.integer(1, AT_MAXIMUM_IN) === 1 ? maximum : this.random.integer(150, maximum - 1);
  }
}
