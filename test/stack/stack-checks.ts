import { checkAll, checkCountsByMinute, checkMap, type Outputs } from '../acceptance/checks.js';
import { check, differs, type Check } from '../acceptance/comparing.js';

/** What the systems around the product gave out, asked themselves. */
export interface StackOutputs extends Outputs {
  readonly influx: Pick<Outputs, 'counts' | 'map'> & {
    /** How many of the API's questions for map and counts it has answered, and how many the embedded read models. */
    readonly answered: { readonly influx: number; readonly embedded: number };
  };
  /** What was killed while readings were sent and has come back. */
  readonly outages: readonly { readonly system: string; readonly isBackInTime: boolean }[];
  readonly systems: readonly string[];
  /** A short run may end before everything is back. */
  readonly isShort: boolean;
  readonly watch: {
    readonly jobs: readonly string[];
    readonly jobsUp: readonly string[];
    /** Alerts that fire, and are not of those that such a run raises. */
    readonly firing: readonly string[];
  };
  /** Queries of dashboards that have no answer; null where they were not asked: a short run is over before its rates are. */
  readonly unanswered: readonly string[] | null;
}

/** Judges a run on the stack by the outputs of the product and of the systems around it. */
export function checkStack(outputs: StackOutputs): Check[] {
  const { influx, alarms, expectedSensors, unanswered } = outputs;
  return [
    ...checkAll(outputs),
    checkCountsByMinute({ alarms, counts: influx.counts }, 'InfluxDB itself has the counts'),
    checkMap({ alarms, map: influx.map, expectedSensors }, 'InfluxDB itself has the map'),
    checkAnswers(outputs),
    checkOutages(outputs),
    checkWatch(outputs),
    ...(unanswered === null ? [] : [check('every dashboard is filled', 'but for containers', unanswered)]),
  ];
}

function checkAnswers({ influx: { answered } }: StackOutputs): Check {
  return check('map and counts were answered by InfluxDB', `${answered.influx} by InfluxDB, ${answered.embedded} by the embedded read models`, [
    answered.influx > 0 ? '' : 'InfluxDB answered nothing',
    differs('answers of the embedded read models', answered.embedded, 0),
  ]);
}

function checkOutages({ outages, systems, isShort }: StackOutputs): Check {
  const missing = systems.filter((system) => !outages.some((outage) => outage.system === system));
  const late = outages.filter(({ isBackInTime }) => !isBackInTime).map(({ system }) => system);
  const figures = `${systems.join(', ')}${late.length > 0 ? `; back only when all was sent: ${late.join(', ')}` : ''}`;
  return check('a node of each system was killed while readings were sent, and came back', figures, [
    ...missing.map((system) => `${system} was not`),
    ...(isShort ? [] : late.map((system) => `${system} came back only when all was sent`)),
  ]);
}

function checkWatch({ watch: { jobs, jobsUp, firing } }: StackOutputs): Check {
  return check('Prometheus reaches every system, no unexpected alert fires', jobsUp.join(', '), [
    ...jobs.filter((job) => !jobsUp.includes(job)).map((job) => `job ${job} is not up`),
    ...firing.map((alert) => `alert ${alert} fires`),
  ]);
}
