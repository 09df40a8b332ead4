import type { SimulationReport } from '../../src/cli/simulator/simulation.js';
import { checkAll, type Outputs } from './checks.js';

type Writable<T> = T extends object ? { -readonly [K in keyof T]: T[K] extends ReadonlyMap<infer A, infer B> ? Map<A, B> : Writable<T[K]> } : T;

/** What a sound run with two alarms gives out. */
function soundOutputs(): Writable<Outputs> {
  const foretold = [
    { sensorId: 7, type: 'motion', triggeredByMessageId: 'm1', partition: 0, offset: 1, recovered: false },
    { sensorId: 8, type: 'smoke', triggeredByMessageId: 'm9', partition: 1, offset: 4, recovered: true },
  ];
  const counted = { sent: 100, acknowledged: 100, refused: 0, unknown: 0, notStored: 0, retries: 2, normal: 93, uncertain: [], foretold };
  const motion = { alarmId: 'a7', alarmType: 'motion' };
  const smoke = { alarmId: 'a8', alarmType: 'smoke' };
  return {
    report: counted as unknown as Writable<SimulationReport>,
    reconciliation: { records: 101, normal: 94, unaccounted: 0, doubled: 0 },
    alarms: [
      { alarmId: 'a8', sensorId: '8', type: 'smoke', status: 'recovered', triggeredAt: '2025-11-24T04:01:59.999Z', email: 'sent' },
      { alarmId: 'a7', sensorId: '7', type: 'motion', status: 'open', triggeredAt: '2025-11-24T04:00:00.000Z', email: 'sent' },
    ],
    mails: [
      { file: 'a7.eml', alarmId: 'a7', possibleDuplicate: false, text: 'Ana\nO\'Hara, ana@example.com', html: '<p>Ana O&#x27;Hara</p> ana@example.com' },
      { file: 'a8.eml', alarmId: 'a8', possibleDuplicate: false, text: 'Bo Li bo@example.com', html: '<p>Bo Li</p> bo@example.com' },
    ],
    customers: new Map([
      ['7', { name: 'Ana', surname: 'O\'Hara', emailaddress: 'ana@example.com' }],
      ['8', { name: 'Bo', surname: 'Li', emailaddress: 'bo@example.com' }],
    ]),
    counts: [
      { minute: '2025-11-24T04:00:00.000Z', type: 'motion', count: 1 },
      { minute: '2025-11-24T04:01:00.000Z', type: 'smoke', count: 1 },
    ],
    map: { sensors: 50_000, active: 1 },
    expectedSensors: 50_000,
    histories: [
      { sensorId: '7', from: 'vigia replay', events: [{ id: 'e1', type: 'AlarmTriggered', data: motion }] },
      {
        sensorId: '8',
        from: 'vigia replay',
        events: [
          { id: 'e2', type: 'StrikeRecorded', data: { alarmType: 'smoke' } },
          { id: 'e3', type: 'AlarmTriggered', data: smoke },
          { id: 'e4', type: 'AlarmRecovered', data: smoke },
        ],
      },
    ],
    kills: { wanted: 5, done: 5 },
    store: {
      events: [
        { stream: 'sensor-7', id: 'e1', type: 'AlarmTriggered' },
        { stream: 'sensor-8', id: 'e3', type: 'AlarmTriggered' },
        { stream: 'sensor-8', id: 'e4', type: 'AlarmRecovered' },
        { stream: 'notification-a7', id: 'n1', type: 'NotificationSent' },
        { stream: 'notification-a8', id: 'n2', type: 'NotificationSent' },
        { stream: 'checkpoint-count-x', id: 'c1', type: 'CountCheckpointStored' },
        { stream: 'checkpoint-count-x', id: 'c1', type: 'CountCheckpointStored' },
      ],
      kills: { wanted: 5, done: 5 },
      cuts: 9,
    },
    shutdownMs: 900,
  };
}

function redChecks(spoil: (outputs: Writable<Outputs>) => unknown): string[] {
  const outputs = soundOutputs();
  spoil(outputs);
  return checkAll(outputs as Outputs).filter(({ differences }) => differences.length > 0).map(({ name }) => name);
}

const first = <T>(items: T[]): T => items[0] as T;

describe('the checks of the acceptance run', () => {
  it('are all green for a sound run', () => {
    expect(redChecks(() => undefined)).toEqual([]);
  });

  it.each<[string, string, (outputs: Writable<Outputs>) => unknown]>([
    ['a message is refused', 'every message acknowledged', (o) => Object.assign(o.report, { acknowledged: 99, refused: 1 })],
    ['an outcome is unknown', 'every message acknowledged', (o) => (o.report.unknown = 1)],
    ['the run foretells nothing', 'every message acknowledged', (o) => (o.report.foretold = [])],
    ['an acknowledged message is not in the log', 'P2 accepted = accounted for', (o) => (o.reconciliation.records = 99)],
    ['the log has more than was sent', 'P2 accepted = accounted for', (o) => (o.reconciliation.records = 103)],
    ['a record is unaccounted for', 'P2 accepted = accounted for', (o) => (o.reconciliation.unaccounted = 1)],
    ['a record is accounted for twice', 'P2 accepted = accounted for', (o) => (o.reconciliation.doubled = 1)],
    ['too few are discarded as normal', 'P2 accepted = accounted for', (o) => (o.reconciliation.normal = 92)],
    ['an alarm is missing', 'alarms exactly those foretold', (o) => o.alarms.pop()],
    ['an alarm is there twice', 'alarms exactly those foretold', (o) => o.alarms.push({ ...first(o.alarms), alarmId: 'a9' })],
    ['an alarm is of another type', 'alarms exactly those foretold', (o) => (first(o.alarms).type = 'temperature')],
    ['an alarm is open that was recovered', 'alarms exactly those foretold', (o) => (first(o.alarms).status = 'open')],
    ['an e-mail is missing', 'P4 one e-mail per alarm', (o) => o.mails.pop()],
    ['an e-mail is there twice', 'P4 one e-mail per alarm', (o) => o.mails.push({ ...first(o.mails), file: 'b.eml' })],
    ['an e-mail has no alarm', 'P4 one e-mail per alarm', (o) => o.mails.push({ ...first(o.mails), alarmId: null })],
    ['an e-mail is flagged', 'P4 one e-mail per alarm', (o) => (first(o.mails).possibleDuplicate = true)],
    ['an alarm says that its e-mail is parked', 'P4 one e-mail per alarm', (o) => (first(o.alarms).email = 'parked')],
    ['an e-mail lacks the customer\'s address', 'R4 e-mails have the customer\'s data', (o) => (first(o.mails).text = 'Ana O\'Hara')],
    ['no e-mail could be compared', 'R4 e-mails have the customer\'s data', (o) => o.customers.clear()],
    ['a type is counted once too often', 'R6 counts by type = alarms by type', (o) => (first(o.counts).count = 2)],
    ['an alarm is counted in another minute', 'R6 counts by minute = alarms by their minute', (o) => (first(o.counts).minute = '2025-11-24T04:02:00.000Z')],
    ['the map has an active sensor too many', 'map = sensors with an open alarm', (o) => (o.map.active = 2)],
    ['the map lacks a sensor', 'map = sensors with an open alarm', (o) => (o.map.sensors = 49_999)],
    ['a stream has an open alarm that is not shown', 'P3, P6 streams fold to the alarms shown', (o) => o.histories[1]?.events.pop()],
    ['a stream lacks an open alarm that is shown', 'P3, P6 streams fold to the alarms shown', (o) => first(o.histories).events.pop()],
    ['a stream has two open alarms of a type', 'P3, P6 streams fold to the alarms shown', (o) =>
      first(o.histories).events.unshift({ id: 'e0', type: 'AlarmTriggered', data: { alarmId: 'a0', alarmType: 'motion' } })],
    ['no history was read', 'P3, P6 streams fold to the alarms shown', (o) => o.histories.splice(0)],
    ['an event is there twice', 'no event twice', (o) => o.histories[1]?.events.push({ id: 'e2', type: 'StrikeRecorded', data: {} })],
    ['the store has an event twice', 'EventStoreDB has each event once', (o) => o.store?.events.push({ stream: 'receipts-x-ENTRY-0', id: 'r', type: 'R' }, { stream: 'receipts-x-ENTRY-0', id: 'r', type: 'R' })],
    ['the store lacks an alarm', 'EventStoreDB has each event once', (o) => o.store?.events.shift()],
    ['the store has an e-mail sent twice', 'EventStoreDB has each event once', (o) => o.store?.events.push({ stream: 'notification-a7', id: 'n3', type: 'NotificationSent' })],
    ['the store was killed less often than planned', 'EventStoreDB failed as often as planned', (o) => Object.assign(o.store ?? {}, { kills: { wanted: 5, done: 4 } })],
    ['no append was cut', 'EventStoreDB failed as often as planned', (o) => Object.assign(o.store ?? {}, { cuts: 0 })],
    ['the process was killed less often than planned', 'killed as often as planned, ends when told to', (o) => (o.kills.done = 4)],
    ['the process takes too long to end', 'killed as often as planned, ends when told to', (o) => (o.shutdownMs = 5001)],
  ])('go red when %s', (_, name, spoil) => {
    expect(redChecks(spoil)).toContain(name);
  });
});
