import { checkAll, type Outputs } from './checks.js';
import { soundOutputs, type Writable } from './sound-outputs.js';

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

  it('take a flagged e-mail where one may be, beside an unflagged one or alone', () => {
    expect(redChecks((o) => o.mails.push({ ...first(o.mails), possibleDuplicate: true }) && (o.mayBeFlagged = 1))).toEqual([]);
    expect(redChecks((o) => (first(o.mails).possibleDuplicate = true) && (o.mayBeFlagged = 1))).toEqual([]);
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
    ['more are flagged than may be', 'P4 one e-mail per alarm', (o) => o.mails.push(...[1, 2].map((n) => ({ ...first(o.mails), file: `${n}.eml`, possibleDuplicate: true }))) && (o.mayBeFlagged = 1)],
    ['an e-mail is there flagged alone, twice', 'P4 one e-mail per alarm', (o) => o.mails.push(Object.assign(first(o.mails), { possibleDuplicate: true })) && (o.mayBeFlagged = 2)],
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
    ['the verifier names a problem', 'P1–P7 by the verifier, record by record', (o) => o.verdict.problems.push({ promise: 'P1', what: 'ENTRY-0 7: accepted, but not in the log' })],
    ['the verifier was not given all', 'P1–P7 by the verifier, record by record', (o) => (o.verdict.figures.records = 99)],
    ['the process takes too long to end', 'killed as often as planned, ends when told to', (o) => (o.shutdownMs = 5001)],
  ])('go red when %s', (_, name, spoil) => {
    expect(redChecks(spoil)).toContain(name);
  });
});
