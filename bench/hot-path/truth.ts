/** The alarm types by the source's names. */
export type Type = 'motion' | 'smoke' | 'temperature';

/**
 * R2, R3, R5 and R7 once more, in the plainest way and apart from every contender: what alarms must come of messages
 * that are told in the log's order. An alarm is named by the place and type of the reading that completes it: `0-4711-smoke`.
 */
export class Truth {
  readonly alarms = new Set<string>();
  private readonly sensors = new Map<number, { readonly open: Set<Type>; readonly strikes: Map<Type, number> }>();

  reading(sensorId: number, type: Type, place: string): void {
    let sensor = this.sensors.get(sensorId);
    if (!sensor) this.sensors.set(sensorId, (sensor = { open: new Set(), strikes: new Map() }));
    if (sensor.open.has(type)) return;
    const strikes = (sensor.strikes.get(type) ?? 0) + 1;
    sensor.strikes.set(type, strikes);
    if (type !== 'motion' && strikes < 3) return;
    sensor.strikes.delete(type);
    sensor.open.add(type);
    this.alarms.add(`${place}-${type}`);
  }

  ok(sensorId: number): void {
    this.sensors.delete(sensorId);
  }
}

/** How alarms differ from the truth; null when they do not. */
export function differenceFrom(truth: ReadonlySet<string>, alarms: readonly string[]): string | null {
  const given = new Set(alarms);
  const missing = [...truth].filter((alarm) => !given.has(alarm)).length;
  const wrong = [...given].filter((alarm) => !truth.has(alarm)).length;
  const twice = alarms.length - given.size;
  const parts = [[missing, 'missing'], [wrong, 'false'], [twice, 'given again']] as const;
  const found = parts.filter(([count]) => count > 0).map(([count, what]) => `${count.toLocaleString('en-US')} ${what}`);
  return found.length > 0 ? found.join(', ') : null;
}
