import { ALL_TOPICS } from '../../../src/message-log/message-log.js';
import type { CommandAnswer, OutputEvent, Outputs, ReadModels, SentRecord, SupervisedSilence } from '../verifier/outputs.js';
import type { Plan } from './plan.js';
import type { SimMachine } from './sim-machine.js';
import type { SimServers } from './sim-servers.js';

/** What is left after a run, as the servers and the disks have it. */
export function gatherOutputs({ policy, isKeyed }: Plan, { events, log, mail }: SimServers, machines: readonly SimMachine[], sent: readonly SentRecord[], commands: readonly CommandAnswer[], silence: SupervisedSilence | undefined): Outputs {
  const topics = ALL_TOPICS.map((topic) => [
    topic,
    log.describe(topic).map(({ partition }) => log.records(topic, partition, 0).map(({ value, key: _key, ...record }) => ({ ...record, value: value?.toString('base64') ?? null }))),
  ]);
  return {
    policy,
    isKeyed,
    log: log.identity,
    sent,
    sentHas: 'every request',
    commands,
    ...(silence ? { silence } : {}),
    topics: Object.fromEntries(topics) as Outputs['topics'],
    events: outputEvents(events),
    readModels: machines.map(readModelsOf),
    mails: mail.accepted,
  };
}

export function outputEvents({ events }: SimServers['events']): OutputEvent[] {
  return events.map(({ data, metadata, sequence: _sequence, ...event }) => ({
    ...event,
    data: JSON.parse(data) as Record<string, unknown>,
    metadata: JSON.parse(metadata) as Record<string, unknown>,
  }));
}

function readModelsOf({ name, disk }: SimMachine): ReadModels {
  const rows = (projection: string) => [...(disk.live(projection)?.rows.values() ?? [])].map(({ values }) => values);
  const live = [...disk.copies.values()].filter(({ isLive }) => isLive);
  return {
    of: name,
    map: rows('alarm-map') as unknown as ReadModels['map'],
    counts: rows('alarms-per-minute') as unknown as ReadModels['counts'],
    alarms: rows('alarms') as unknown as ReadModels['alarms'],
    shelved: rows('shelved-sensors') as unknown as NonNullable<ReadModels['shelved']>,
    silent: rows('silent-sensors') as unknown as NonNullable<ReadModels['silent']>,
    parked: live.reduce((sum, { parked }) => sum + parked.size, 0),
  };
}
