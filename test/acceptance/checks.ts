import type { SimulationReport } from '../../src/cli/simulator/simulation.js';
import type { Verdict } from '../faults/verifier/verify.js';
import { check, compareCounts, countEach, differs, minuteOf, type Check } from './comparing.js';
import type { ReadMail } from './mailbox.js';
import type { ApiAlarm } from './product.js';

/** An event of a sensor's history; the fields that are checked. */
export interface HistoryEvent {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly alarmId?: string; readonly alarmType?: string };
}

export interface History {
  readonly sensorId: string;
  /** Where it was read: `vigia replay` or the audit API. */
  readonly from: string;
  readonly events: readonly HistoryEvent[];
}

/** What the event store itself has, read from its own file, and what was done to it. */
export interface StoreOutputs {
  readonly events: readonly { readonly stream: string; readonly id: string; readonly type: string }[];
  readonly kills: { readonly wanted: number; readonly done: number };
  /** Appends that were stored and then cut. */
  readonly cuts: number;
}

/** All that a run gave out, and what the simulator foretold. */
export interface Outputs {
  readonly report: SimulationReport;
  readonly reconciliation: { readonly records: number; readonly normal: number; readonly unaccounted: number; readonly doubled: number };
  readonly alarms: readonly ApiAlarm[];
  readonly mails: readonly ReadMail[];
  /** How many e-mails may have been in the air when their sender or taker was killed, and gone again, flagged. */
  readonly mayBeFlagged: number;
  /** Customers by sensor id: a sample. */
  readonly customers: ReadonlyMap<string, { readonly name: string; readonly surname: string; readonly emailaddress: string }>;
  readonly counts: readonly { readonly minute: string; readonly type: string; readonly count: number }[];
  readonly map: { readonly sensors: number; readonly active: number };
  readonly expectedSensors: number;
  readonly histories: readonly History[];
  readonly kills: { readonly wanted: number; readonly done: number };
  /** Null where the event store is the embedded one. */
  readonly store: StoreOutputs | null;
  readonly shutdownMs: number;
  /** What the verifier says of all that is left when the processes have ended. */
  readonly verdict: Verdict;
}

/** A process that is told to end is gone within this time. */
const SHUTDOWN_LIMIT_MS = 5000;

/** Judges a run by its outputs alone. */
export function checkAll(outputs: Outputs): Check[] {
  return [
    checkSimulator(outputs),
    checkAccounting(outputs),
    checkAlarms(outputs),
    checkMails(outputs),
    checkMailContents(outputs),
    checkCountsByType(outputs),
    checkCountsByMinute(outputs),
    checkMap(outputs),
    checkHistories(outputs),
    checkNoEventTwice(outputs),
    ...(outputs.store === null ? [] : [checkStoredOnce(outputs, outputs.store), checkStoreFaults(outputs.store)]),
    checkProcess(outputs),
    checkVerdict(outputs),
  ];
}

function checkSimulator({ report }: Outputs): Check {
  const { sent, acknowledged, refused, unknown, notStored, uncertain } = report;
  return check('every message acknowledged', `${acknowledged} of ${sent}, ${report.retries} sent again`, [
    differs('acknowledged', acknowledged, sent),
    ...Object.entries({ refused, unknown, notStored, uncertain: uncertain.length }).map(([what, count]) => differs(what, count, 0)),
    sent > 0 && report.foretold.length > 0 ? '' : 'nothing sent or nothing foretold: the run proves nothing',
  ]);
}

function checkAccounting({ report, reconciliation }: Outputs): Check {
  const { records, unaccounted, doubled } = reconciliation;
  const most = report.acknowledged + report.retries;
  return check('P2 accepted = accounted for', `${records} records, ${reconciliation.normal} normal, ${unaccounted} unaccounted, ${doubled} doubled`, [
    differs('unaccounted', unaccounted, 0),
    differs('doubled', doubled, 0),
    records >= report.acknowledged ? '' : `${report.acknowledged - records} acknowledged messages are not in the log`,
    records <= most ? '' : `${records} records, but at most ${most} messages were sent`,
    reconciliation.normal >= report.normal ? '' : `${reconciliation.normal} records discarded as normal, expected at least ${report.normal}`,
  ]);
}

function checkAlarms({ report, alarms }: Outputs): Check {
  const foretold = report.foretold.map((alarm) => `sensor ${alarm.sensorId} ${alarm.type} ${alarm.recovered ? 'recovered' : 'open'}`);
  const given = alarms.map((alarm) => `sensor ${alarm.sensorId} ${alarm.type} ${alarm.status}`);
  const recovered = alarms.filter(({ status }) => status === 'recovered').length;
  return check('alarms exactly those foretold', `${given.length} of ${foretold.length}, ${recovered} recovered`, compareCounts(countEach(given), countEach(foretold)));
}

function checkMails({ alarms, mails, mayBeFlagged }: Outputs): Check {
  const nameOf = ({ alarmId, file }: ReadMail): string => `mail for alarm ${alarmId ?? `unknown (${file})`}`;
  const owed = alarms.map(({ alarmId }) => `mail for alarm ${alarmId}`);
  const flagged = mails.filter(({ possibleDuplicate }) => possibleDuplicate);
  const unflagged = new Set(mails.filter(({ possibleDuplicate }) => !possibleDuplicate).map(nameOf));
  // A flagged one counts where the first never arrived.
  const counted = mails.filter((mail) => !(mail.possibleDuplicate && unflagged.has(nameOf(mail))));
  const unsent = alarms.filter(({ email }) => email !== 'sent');
  return check('P4 one e-mail per alarm', `${mails.length} e-mails, ${flagged.length} flagged as possible duplicates`, [
    ...compareCounts(countEach(counted.map(nameOf)), countEach(owed)),
    ...(flagged.length <= mayBeFlagged ? [] : flagged.map(({ file }) => `${file} is flagged as a possible duplicate`)),
    ...unsent.map(({ alarmId, email }) => `alarm ${alarmId} says its e-mail is ${email}`),
  ]);
}

function checkMailContents({ alarms, mails, customers }: Outputs): Check {
  const differences: string[] = [];
  let checked = 0;
  for (const { alarmId, sensorId } of alarms) {
    const customer = customers.get(sensorId);
    const mail = mails.find((each) => each.alarmId === alarmId);
    if (!customer || !mail) continue;
    checked += 1;
    for (const part of ['text', 'html'] as const) {
      for (const column of ['name', 'surname', 'emailaddress'] as const) {
        if (!normalized(mail[part]).includes(normalized(customer[column]))) differences.push(`${mail.file}: ${column} ${JSON.stringify(customer[column])} is not in its ${part}`);
      }
    }
  }
  if (checked === 0) differences.push('no e-mail could be compared with its customer');
  return check('R4 e-mails have the customer\'s data', `${checked} compared with the customer`, differences);
}

function checkCountsByType({ alarms, counts }: Outputs): Check {
  const given = new Map<string, number>();
  for (const { type, count } of counts) given.set(type, (given.get(type) ?? 0) + count);
  const expected = countEach(alarms.map(({ type }) => type));
  return check('R6 counts by type = alarms by type', [...given].map(([type, count]) => `${type} ${count}`).join(', '), compareCounts(given, expected));
}

/** `counts` may be of another source than the API. */
export function checkCountsByMinute({ alarms, counts }: Pick<Outputs, 'alarms' | 'counts'>, name = 'R6 counts by minute = alarms by their minute'): Check {
  const given = new Map<string, number>();
  for (const { minute, type, count } of counts) {
    const key = `${minuteOf(minute)} ${type}`;
    given.set(key, (given.get(key) ?? 0) + count);
  }
  const expected = countEach(alarms.map(({ triggeredAt, type }) => `${minuteOf(triggeredAt)} ${type}`));
  const minutes = new Set(counts.map(({ minute }) => minute)).size;
  return check(name, `${minutes} minutes`, compareCounts(given, expected));
}

/** `map` may be of another source than the API. */
export function checkMap({ alarms, map, expectedSensors }: Pick<Outputs, 'alarms' | 'map' | 'expectedSensors'>, name = 'map = sensors with an open alarm'): Check {
  const active = new Set(alarms.filter(({ status }) => status === 'open').map(({ sensorId }) => sensorId)).size;
  return check(name, `${map.active} active of ${map.sensors}`, [
    differs('active sensors', map.active, active),
    differs('sensors on the map', map.sensors, expectedSensors),
  ]);
}

/** P3 is checked on the way: an alarm that triggers while one of its type is open is a difference. */
function checkHistories({ alarms, histories }: Outputs): Check {
  const differences: string[] = [];
  for (const { sensorId, from, events } of histories) {
    const open = new Map<string, string>();
    for (const { type, data } of events) {
      const alarmType = data.alarmType ?? '';
      if (type === 'AlarmTriggered') {
        if (open.has(alarmType)) differences.push(`sensor ${sensorId} (${from}): a second ${alarmType} alarm while one is open`);
        open.set(alarmType, data.alarmId ?? '');
      }
      if (type === 'AlarmRecovered' && !open.delete(alarmType)) differences.push(`sensor ${sensorId} (${from}): a ${alarmType} alarm recovered that was not open`);
    }
    const shown = alarms.filter((alarm) => alarm.sensorId === sensorId && alarm.status === 'open').map(({ alarmId }) => alarmId);
    differences.push(...compareCounts(countEach(shown), countEach([...open.values()])).map((difference) => `sensor ${sensorId} (${from}): open alarm ${difference}`));
  }
  const froms = [...countEach(histories.map(({ from }) => from))].map(([from, count]) => `${count} by ${from}`);
  if (histories.length === 0) differences.push('no history was read');
  return check('P3, P6 streams fold to the alarms shown', froms.join(', '), differences);
}

function checkNoEventTwice({ histories, alarms }: Outputs): Check {
  const differences = alarms.length === new Set(alarms.map(({ alarmId }) => alarmId)).size ? [] : ['an alarm id is there twice'];
  const owners = new Map<string, string>();
  let events = 0;
  for (const { sensorId, from, events: history } of histories) {
    for (const id of history.map((event) => event.id)) {
      events += 1;
      const key = `${from} ${id}`;
      if (owners.has(key)) differences.push(`event ${id} is there twice (sensors ${owners.get(key)} and ${sensorId}, ${from})`);
      owners.set(key, sensorId);
    }
  }
  return check('no event twice', `${events} events`, differences);
}

/** Streams whose appends have an exact expected revision; those to `any` may be stored twice by a restart of the server. */
const EXACT_STREAMS = /^(sensor|notification|receipts)-/;

function checkStoredOnce({ report }: Outputs, { events }: StoreOutputs): Check {
  const exact = events.filter(({ stream }) => EXACT_STREAMS.test(stream));
  const twice = [...countEach(exact.map(({ stream, id }) => `${stream}, event ${id}`))].filter(([, count]) => count > 1);
  const countOf = (type: string): number => exact.filter((event) => event.type === type).length;
  return check('EventStoreDB has each event once', `${exact.length} events, ${countOf('AlarmTriggered')} alarms`, [
    ...twice.map(([event, count]) => `${event} is stored ${count} times`),
    differs('AlarmTriggered', countOf('AlarmTriggered'), report.foretold.length),
    differs('AlarmRecovered', countOf('AlarmRecovered'), report.foretold.filter(({ recovered }) => recovered).length),
    differs('NotificationSent', countOf('NotificationSent'), report.foretold.length),
  ]);
}

function checkStoreFaults({ kills, cuts }: StoreOutputs): Check {
  return check('EventStoreDB failed as often as planned', `${kills.done} × kill -9 and restart, ${cuts} appends stored and cut`, [
    differs('kills of the store', kills.done, kills.wanted),
    kills.wanted === 0 || cuts > 0 ? '' : 'no append was cut',
  ]);
}

function checkProcess({ kills, shutdownMs }: Outputs): Check {
  return check('killed as often as planned, ends when told to', `${kills.done} × kill -9, SIGINT took ${shutdownMs} ms`, [
    differs('kills', kills.done, kills.wanted),
    shutdownMs <= SHUTDOWN_LIMIT_MS ? '' : `SIGINT took more than ${SHUTDOWN_LIMIT_MS} ms`,
  ]);
}

function checkVerdict({ report, verdict: { problems, figures } }: Outputs): Check {
  const { records, alarms, mails } = figures;
  return check('P1–P7 by the verifier, record by record', `${records} records, ${alarms} alarms, ${mails} e-mails`, [
    ...problems.map(({ promise, what }) => `${promise}: ${what}`),
    records >= report.acknowledged ? '' : `it has seen ${records} records, but ${report.acknowledged} were acknowledged`,
  ]);
}

/** Lines may be broken anywhere in a mail, and HTML has its own way of writing some characters. */
function normalized(text: string): string {
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');
}
