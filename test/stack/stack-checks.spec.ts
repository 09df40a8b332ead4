import { soundOutputs, type Writable } from '../acceptance/sound-outputs.js';
import { checkStack, type StackOutputs } from './stack-checks.js';

function soundStack(): Writable<StackOutputs> {
  const outputs = soundOutputs();
  return {
    ...outputs,
    influx: { counts: outputs.counts.map((count) => ({ ...count })), map: { ...outputs.map }, answered: { influx: 2, embedded: 0 } },
    outages: [{ system: 'Kafka', isBackInTime: true }, { system: 'Cassandra', isBackInTime: true }],
    systems: ['Cassandra', 'Kafka'],
    isShort: false,
    watch: { jobs: ['kafka', 'vigia'], jobsUp: ['kafka', 'vigia'], firing: [] },
    unanswered: [],
  };
}

function redChecks(spoil: (outputs: Writable<StackOutputs>) => unknown): string[] {
  const outputs = soundStack();
  spoil(outputs);
  return checkStack(outputs as StackOutputs).filter(({ differences }) => differences.length > 0).map(({ name }) => name);
}

describe('the checks of a run on the stack', () => {
  it('are all green for a sound run', () => {
    expect(redChecks(() => undefined)).toEqual([]);
  });

  it('let a system of a short run come back after its end', () => {
    expect(redChecks((o) => (o.isShort = true) && (o.outages[1] = { system: 'Cassandra', isBackInTime: false }))).toEqual([]);
  });

  it.each<[string, string, (outputs: Writable<StackOutputs>) => unknown]>([
    ['the product lost an alarm', 'alarms exactly those foretold', (o) => o.alarms.pop()],
    ['InfluxDB counts one too many', 'InfluxDB itself has the counts', (o) => (o.influx.counts[0]!.count = 2)],
    ['InfluxDB lacks a minute', 'InfluxDB itself has the counts', (o) => o.influx.counts.pop()],
    ['InfluxDB lacks a sensor', 'InfluxDB itself has the map', (o) => (o.influx.map.sensors = 49_999)],
    ['InfluxDB has a recovered sensor active', 'InfluxDB itself has the map', (o) => (o.influx.map.active = 2)],
    ['InfluxDB was not asked', 'map and counts were answered by InfluxDB', (o) => (o.influx.answered.influx = 0)],
    ['the embedded read models were asked', 'map and counts were answered by InfluxDB', (o) => (o.influx.answered.embedded = 1)],
    ['a system was not killed', 'a node of each system was killed while readings were sent, and came back', (o) => o.outages.pop()],
    ['a system came back only when all was sent', 'a node of each system was killed while readings were sent, and came back', (o) => (o.outages[1] = { system: 'Cassandra', isBackInTime: false })],
    ['Prometheus does not reach a system', 'Prometheus reaches every system, no unexpected alert fires', (o) => o.watch.jobsUp.pop()],
    ['an alert fires', 'Prometheus reaches every system, no unexpected alert fires', (o) => o.watch.firing.push('TargetDown')],
    ['a panel has no answer', 'every dashboard is filled', (o) => o.unanswered!.push('vigia-kafka / Messages in / A')],
  ])('go red when %s', (_, name, spoil) => {
    expect(redChecks(spoil)).toContain(name);
  });
});
