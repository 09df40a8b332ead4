import type { AlarmTriggered, Evidence } from '../alarm-domain/alarm-events.js';
import { positionKey } from '../alarm-domain/source-position.js';
import type { StrikePolicy } from '../alarm-domain/strike-policy.js';
import { CUSTOMER_COLUMNS, type Customer } from '../customers/customer.js';
import { toHtml, toText, type MailDocument, type Row } from './mail-document.js';
import { MAIL_TEXTS, type MailLanguage, type MailTexts } from './mail-texts.js';
import { mailName, type Mail, type MailAddress } from './mailer.js';

/** What is known of the customer: null when there is none for the sensor. */
export type CustomerLookup = Customer | null | 'unavailable';

/** What is the same for all mails. */
export interface MailSettings {
  readonly language: MailLanguage;
  readonly from: string;
  readonly to: string;
  /** `http://127.0.0.1:3000`, without which there is no link. */
  readonly consoleUrl: string | null;
}

export interface MailOccasion {
  readonly alarm: AlarmTriggered['data'];
  readonly customer: CustomerLookup;
  /** ISO 8601 UTC. */
  readonly date: string;
  readonly possibleDuplicate: boolean;
}

const SENDER_NAME = 'Vigía';

/** The columns in the order of the mail: the source's 19, then the two added later. */
const COLUMNS: readonly (keyof Customer)[] = [...CUSTOMER_COLUMNS, 'geohash', 'dashboard'];

/** The mail of an alarm, with all the customer's data. Source: R4. */
export function alarmMail(settings: MailSettings, occasion: MailOccasion): Mail {
  const texts = MAIL_TEXTS[settings.language];
  const { alarm, customer, possibleDuplicate } = occasion;
  const notes: string[] = [];
  if (possibleDuplicate) notes.push(texts.notes.possibleDuplicate);
  if (customer === null) notes.push(texts.notes.unknown);
  if (customer === 'unavailable') notes.push(texts.notes.unavailable);
  return {
    ...envelope(settings, occasion, documentOf(settings, occasion, notes, texts.subject)),
    name: mailName(alarm.alarmId, 'alarm'),
    inReplyTo: null,
  };
}

/** The follow-up of a mail that went without the customer's data; `mailId` is that mail's Message-ID. */
export function completedMail(settings: MailSettings, occasion: MailOccasion, mailId: string): Mail {
  const { notes, completedSubject } = MAIL_TEXTS[settings.language];
  const lines = occasion.customer === null ? [notes.completed, notes.stillUnknown] : [notes.completed];
  return {
    ...envelope(settings, occasion, documentOf(settings, occasion, lines, completedSubject)),
    name: mailName(occasion.alarm.alarmId, 'completed'),
    inReplyTo: mailId,
  };
}

/** What is recorded of the customer's part in a mail. */
export function customerOf(customer: CustomerLookup): Mail['customer'] {
  if (customer === 'unavailable') return 'unavailable';
  return customer === null ? 'unknown' : 'complete';
}

function envelope(settings: MailSettings, occasion: MailOccasion, document: MailDocument): Omit<Mail, 'name' | 'inReplyTo'> {
  return {
    alarmId: occasion.alarm.alarmId,
    from: address(SENDER_NAME, settings.from),
    to: address('', settings.to),
    subject: document.heading,
    text: toText(document),
    html: toHtml(document),
    date: occasion.date,
    possibleDuplicate: occasion.possibleDuplicate,
    customer: customerOf(occasion.customer),
  };
}

function address(name: string, mailbox: string): MailAddress {
  return { name, address: mailbox };
}

function documentOf(settings: MailSettings, occasion: MailOccasion, notes: readonly string[], subject: MailTexts['subject']): MailDocument {
  const texts = MAIL_TEXTS[settings.language];
  const { alarm, customer } = occasion;
  const type = texts.types[alarm.alarmType];
  const sections = [{ title: texts.alarm.title, rows: alarmRows(alarm, texts) }];
  if (customer !== null && customer !== 'unavailable') {
    const rows = COLUMNS.map((column): Row => [texts.customer[column], String(customer[column])]);
    sections.push({ title: texts.customerTitle, rows });
  }
  return {
    language: settings.language,
    heading: subject(type, alarm.sensorId),
    notes,
    sections,
    table: { title: texts.evidence.title, columns: evidenceColumns(texts), rows: alarm.evidence.map((reading) => evidenceCells(reading, texts)) },
    link: settings.consoleUrl === null ? null : [texts.alarm.console, `${settings.consoleUrl}/alarms/${alarm.alarmId}`],
  };
}

function alarmRows(alarm: AlarmTriggered['data'], texts: MailTexts): Row[] {
  return [
    [texts.alarm.type, texts.types[alarm.alarmType]],
    [texts.alarm.sensor, String(alarm.sensorId)],
    [texts.alarm.triggeredAt, utc(alarm.triggeredAt)],
    [texts.alarm.alarmId, alarm.alarmId],
    [texts.alarm.policy, policyText(alarm.policy, texts)],
  ];
}

function policyText({ n, windowMs, clearOnNormal }: StrikePolicy, { policy }: MailTexts): string {
  const window = windowMs === null ? policy.noWindow : policy.window(windowMs / 1000);
  return [policy.strikes(n), window, clearOnNormal ? policy.clearOnNormal : policy.keepOnNormal].join('; ');
}

function evidenceColumns({ evidence }: MailTexts): readonly string[] {
  const { readAt, receivedAt, movement, smoke, temperature, maximum, source } = evidence;
  return [readAt, receivedAt, movement, smoke, temperature, maximum, source];
}

function evidenceCells(reading: Evidence, texts: MailTexts): readonly string[] {
  const yesNo = (value: boolean) => (value ? texts.yes : texts.no);
  return [
    utc(reading.readAt),
    utc(reading.receivedAt),
    yesNo(reading.movement),
    yesNo(reading.smoke),
    `${reading.temperatureCelsius} °C`,
    `${reading.maxTemperatureCelsius} °C`,
    positionKey(reading.source),
  ];
}

/** `2026-03-01T12:00:00.000Z` → `2026-03-01 12:00:00.000 UTC`. */
function utc(iso: string): string {
  return new Date(iso).toISOString().replace('T', ' ').replace('Z', ' UTC');
}
