import type { PlannedMessage } from './message-plan.js';

/**
 * Foretells the alarms that must follow from acknowledged messages, given in each sensor's order, for
 * sensors that begin with no strike and no open alarm, and the source's strike policy.
 *
 * It is a second telling of R1–R3, R5 and R7, written apart from src/alarm-domain: a checker that shared
 * the code it checks would share its mistakes.
 */
export class Foretelling {
  private readonly sensors = new Map<number, SensorSoFar>();
  private readonly uncertain = new Set<number>();
  private readonly recovered: ForetoldAlarm[] = [];
  private forgotten = 0;

  constructor(private readonly keepRecovered = KEPT_RECOVERED_ALARMS) {}

  /** The message stands in the log; `messageId` and `position` are what identifies it there. */
  acknowledged(message: PlannedMessage, messageId: string | null, position: LogPosition): void {
    if (message.topic === 'OK') this.ok(message.sensorId);
    else this.reading(message, { ...position, messageId });
  }

  /** The message may or may not stand in the log: from here on nothing can be said of its sensor, unless the message changes nothing. */
  unknown(message: PlannedMessage): void {
    if (message.topic === 'OK' || typesIn(message) !== NOTHING) this.uncertain.add(message.sensorId);
  }

  /** The alarms foretold for certain, those of each sensor in their order. */
  alarms(): ForetoldAlarm[] {
    const open = [...this.sensors.values()].flatMap((sensor) => [...sensor.open.values()]);
    return [...this.recovered, ...open].filter((alarm) => !this.uncertain.has(alarm.sensorId));
  }

  /** How many alarms were raised so far, with those of sensors that became uncertain later. */
  get raised(): number {
    let raised = this.recovered.length + this.forgotten;
    for (const sensor of this.sensors.values()) raised += sensor.open.size;
    return raised;
  }

  /** How many of the oldest recovered alarms are no longer kept. */
  get omitted(): number {
    return this.forgotten;
  }

  uncertainSensors(): number[] {
    return [...this.uncertain].sort((a, b) => a - b);
  }

  private reading(message: PlannedMessage, trigger: Trigger): void {
    const types = typesIn(message);
    if (types === NOTHING) return;
    const sensor = this.sensors.get(message.sensorId) ?? { open: new Map(), strikes: { smoke: 0, temperature: 0 } };
    this.sensors.set(message.sensorId, sensor);
    for (const type of types) {
      if (sensor.open.has(type)) continue;
      if (type !== 'motion') {
        sensor.strikes[type] += 1;
        if (sensor.strikes[type] < STRIKES_TO_ALARM) continue;
        sensor.strikes[type] = 0;
      }
      sensor.open.set(type, {
        sensorId: message.sensorId,
        type,
        triggeredByMessageId: trigger.messageId,
        partition: trigger.partition,
        offset: trigger.offset,
        recovered: false,
      });
    }
  }

  private ok(sensorId: number): void {
    const sensor = this.sensors.get(sensorId);
    if (!sensor) return;
    this.sensors.delete(sensorId);
    for (const alarm of sensor.open.values()) this.recovered.push({ ...alarm, recovered: true });
    const excess = this.recovered.length - this.keepRecovered;
    if (excess > this.keepRecovered / 10) {
      this.recovered.splice(0, excess);
      this.forgotten += excess;
    }
  }
}

/** A run without an end must not grow without one: 200,000 alarms of about 150 bytes are 30 MB, days of the source's load. */
const KEPT_RECOVERED_ALARMS = 200_000;

const STRIKES_TO_ALARM = 3;

type ForetoldType = 'motion' | 'smoke' | 'temperature';

/** `offset` is that of the acknowledged copy; a retried message may stand in the log once before it. */
export interface ForetoldAlarm {
  readonly sensorId: number;
  readonly type: ForetoldType;
  readonly triggeredByMessageId: string | null;
  readonly partition: number;
  readonly offset: number;
  readonly recovered: boolean;
}

export interface LogPosition {
  readonly partition: number;
  readonly offset: number;
}

interface Trigger extends LogPosition {
  readonly messageId: string | null;
}

interface SensorSoFar {
  readonly open: Map<ForetoldType, ForetoldAlarm>;
  readonly strikes: { smoke: number; temperature: number };
}

const NOTHING: readonly ForetoldType[] = [];

function typesIn(message: PlannedMessage): readonly ForetoldType[] {
  const isHot = message.temperatureCelsius > message.maxTemperatureCelsius;
  if (!message.movement && !message.smoke && !isHot) return NOTHING;
  const types: ForetoldType[] = [];
  if (message.movement) types.push('motion');
  if (message.smoke) types.push('smoke');
  if (isHot) types.push('temperature');
  return types;
}

/** True for a reading with something wrong in it. Source: R1. */
export function isAbnormal(message: PlannedMessage): boolean {
  return typesIn(message) !== NOTHING;
}
