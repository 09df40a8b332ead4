import { simpleParser, type ParsedMail } from 'mailparser';
import { createTransport } from 'nodemailer';
import { alarmTriggered, CUSTOMER } from '../../test/support/alarm-fixtures.js';
import { CUSTOMER_COLUMNS, type Customer } from '../customers/customer.js';
import { alarmMail, completedMail, type CustomerLookup, type MailSettings } from './mail-template.js';
import { MAIL_TEXTS } from './mail-texts.js';
import { messageId, type Mail } from './mailer.js';
import { toMimeMail } from './mime-mail.js';

const SETTINGS: MailSettings = { language: 'es', from: 'alarms@vigia.local', to: 'guard@vigia.local', consoleUrl: 'http://127.0.0.1:3000' };
const COLUMNS: readonly (keyof Customer)[] = [...CUSTOMER_COLUMNS, 'geohash', 'dashboard'];
const ALARM = alarmTriggered(CUSTOMER.id, 'smoke', Date.parse('2026-03-01T12:00:03.250Z'));
const DATE = '2026-03-01T12:00:04.000Z';

function mailWith(customer: CustomerLookup, settings: Partial<MailSettings> = {}, possibleDuplicate = false): Mail {
  return alarmMail({ ...SETTINGS, ...settings }, { alarm: ALARM.data, customer, date: DATE, possibleDuplicate });
}

/** What a receiver makes of a mail, after it was written as MIME. */
async function received(mail: Mail): Promise<ParsedMail> {
  const { message } = await createTransport({ streamTransport: true, buffer: true }).sendMail(toMimeMail(mail));
  return simpleParser(message);
}

/** The text that a reader of the HTML part sees. */
function visible(html: string): string {
  const entities: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' };
  return html.replace(/<[^>]*>/g, '\n').replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities[entity] ?? entity);
}

describe('the mail of an alarm (R4)', () => {
  it.each(['es', 'en'] as const)('has all 21 columns of the customer, labelled, in both parts, in %s', async (language) => {
    expect(COLUMNS).toHaveLength(21);
    const { text = '', html } = await received(mailWith(CUSTOMER, { language }));
    const shown = visible(String(html));
    for (const column of COLUMNS) {
      const label = MAIL_TEXTS[language].customer[column];
      expect(text).toContain(`${label}: ${CUSTOMER[column]}`);
      expect(shown).toMatch(new RegExp(`${escapeRegExp(label)}\\n+${escapeRegExp(String(CUSTOMER[column]))}\\n`));
    }
    expect(new Set(Object.values(MAIL_TEXTS[language].customer)).size).toBe(21);
  });

  it('has the alarm, every reading that led to it, the policy, UTC times and a link to the console in both parts', async () => {
    const { text = '', html, subject } = await received(mailWith(CUSTOMER));
    expect(subject).toBe('[Vigía] Alarma de humo: sensor 42959');
    const link = `http://127.0.0.1:3000/alarms/${ALARM.data.alarmId}`;
    expect(html).toContain(`href="${link}"`);
    expect(text).toContain(link);
    for (const part of [text, visible(String(html))]) {
      expect(part).toContain('2026-03-01 12:00:03.250 UTC');
      expect(part).toContain('al aviso número 3 del mismo tipo; sin límite de tiempo; una lectura normal no borra los avisos');
      for (const reading of ['12:00:00.250 UTC', '12:00:01.250 UTC', '12:00:02.250 UTC', '21.5 °C', '22.5 °C', '23.5 °C', 'spec/ENTRY/0/0/101']) {
        expect(part).toContain(reading);
      }
    }
  });

  it('says each type in each language, and has no link without a console', async () => {
    for (const [alarmType, es, en] of [['motion', 'movimiento', 'motion'], ['temperature', 'temperatura', 'temperature']] as const) {
      const { data } = alarmTriggered(9, alarmType);
      const occasion = { alarm: data, customer: null, date: DATE, possibleDuplicate: false };
      expect(alarmMail(SETTINGS, occasion).subject).toBe(`[Vigía] Alarma de ${es}: sensor 9`);
      const english = alarmMail({ ...SETTINGS, language: 'en', consoleUrl: null }, occasion);
      expect(english.subject).toBe(`[Vigía] Alarm of ${en}: sensor 9`);
      expect(english.text + english.html).not.toContain('/alarms/');
    }
  });

  it('says when the sensor is unknown, the customer unavailable, or the copy possibly a second one', async () => {
    const cases = [
      [mailWith(null), 'Sensor desconocido', 'unknown'],
      [mailWith('unavailable'), 'no están disponibles', 'unavailable'],
      [mailWith(CUSTOMER, {}, true), 'Posible duplicado', 'complete'],
    ] as const;
    for (const [mail, words, customer] of cases) {
      const { text, html, headers } = await received(mail);
      expect(text).toContain(words);
      expect(html).toContain(words);
      expect(text).toContain('Sensor: 42959');
      expect(headers.get('x-vigia-customer')).toBe(customer);
      expect(headers.get('x-vigia-possible-duplicate')).toBe(mail.possibleDuplicate ? 'true' : undefined);
    }
  });

  it('has the headers that a monitoring mailbox needs', async () => {
    const mail = await received(mailWith(CUSTOMER));
    expect(mail.messageId).toBe(`<alarm-${ALARM.data.alarmId}@vigia.local>`);
    expect(mail.headers.get('x-vigia-alarm-id')).toBe(ALARM.data.alarmId);
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail.from?.value).toEqual([{ name: 'Vigía', address: 'alarms@vigia.local' }]);
    expect(mail.to).toMatchObject({ value: [{ address: 'guard@vigia.local' }] });
    expect(mail.date?.toISOString()).toBe(DATE);
    expect(mail.inReplyTo).toBeUndefined();
  });

  it('is completed by a follow-up with a Message-ID of its own that answers it', async () => {
    const first = mailWith('unavailable');
    const mail = completedMail(SETTINGS, { alarm: ALARM.data, customer: CUSTOMER, date: DATE, possibleDuplicate: false }, messageId(first.name));
    const followUp = await received(mail);
    expect(followUp.inReplyTo).toBe(messageId(first.name));
    expect(followUp.messageId).toBe(`<alarm-${ALARM.data.alarmId}-completed@vigia.local>`);
    expect(followUp.text).toContain(CUSTOMER.streetaddress);
    expect(followUp.text).toContain('No es una alarma nueva');
  });

  it('lets no text of a customer become a header, a line of its own, or markup', async () => {
    const hostile = Object.fromEntries(
      COLUMNS.map((column) => [
        column,
        typeof CUSTOMER[column] === 'number' ? CUSTOMER[column] : `${column}\r\nBcc: ${column}@evil.example\r\n\r\n.\r\n<script>alert("${column}")</script>\u0000\u001b[2J\u202e&lt;'\ud800`,
      ]),
    ) as unknown as Customer;
    const clean = await received(mailWith(CUSTOMER));
    const mail = await received(mailWith(hostile));
    expect(mail.bcc).toBeUndefined();
    expect(mail.headerLines.map(({ key }) => key)).toEqual(clean.headerLines.map(({ key }) => key));
    expect(mail.attachments).toEqual([]);
    expect(String(mail.html)).not.toMatch(/<script/i);
    expect(visible(String(mail.html))).toContain('<script>alert("surname")</script>');
    expect(mail.text).not.toMatch(/^\s*Bcc:/m);
    expect((mail.text ?? '').split('\n')).toHaveLength((clean.text ?? '').split('\n').length);
    for (const part of [mail.text ?? '', String(mail.html)]) expect(part).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  it('refuses an alarm id that could leave the mailbox folder', () => {
    const alarm = { ...ALARM.data, alarmId: '../../etc/cron' };
    expect(() => alarmMail(SETTINGS, { alarm, customer: null, date: DATE, possibleDuplicate: false })).toThrow('alarm id "../../etc/cron"');
  });
});

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
