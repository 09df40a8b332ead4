import type { SimulationReport } from '../../src/cli/simulator/simulation.js';
import type { Outputs } from './checks.js';

export type Writable<T> = T extends object ? { -readonly [K in keyof T]: T[K] extends ReadonlyMap<infer A, infer B> ? Map<A, B> : Writable<T[K]> } : T;

/** What a sound run with two alarms gives out. */
export function soundOutputs(): Writable<Outputs> {
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
      { file: 'a7.eml', alarmId: 'a7', messageId: '<7>', isFollowUp: false, possibleDuplicate: false, text: 'Ana\nO\'Hara, ana@example.com', html: '<p>Ana O&#x27;Hara</p> ana@example.com' },
      { file: 'a8.eml', alarmId: 'a8', messageId: '<8>', isFollowUp: false, possibleDuplicate: false, text: 'Bo Li bo@example.com', html: '<p>Bo Li</p> bo@example.com' },
    ],
    mayBeFlagged: 0,
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
    verdict: { problems: [], figures: { records: 101, alarms: 2, mails: 2, flaggedMails: 0 } },
  };
}
