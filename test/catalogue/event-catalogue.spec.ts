import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { NOTIFICATION_EVENT_TYPES } from '../../src/alarm-domain/notification-events.js';
import { SENSOR_EVENT_TYPES } from '../../src/alarm-domain/alarm-events.js';
import { EVENT_SCHEMAS } from '../../src/event-store/event-schemas.js';
import { CATALOGUE_FILE, fieldsOf, renderCatalogue } from './event-catalogue.js';

const written = readFileSync(CATALOGUE_FILE, 'utf8');

/** The part of the file from one heading to the next of its level or above. */
function sectionOf(type: string): string {
  const from = written.indexOf(`\n### ${type}\n`);
  if (from < 0) return '';
  const end = written.slice(from + 1).search(/\n##/);
  return end < 0 ? written.slice(from) : written.slice(from, from + 1 + end);
}

describe('docs/event-catalogue.md', () => {
  it('is what `npm run event-catalogue` writes today', () => {
    expect(written).toBe(renderCatalogue());
  });

  it.each([...SENSOR_EVENT_TYPES, ...NOTIFICATION_EVENT_TYPES])('has %s with its meaning, every field of its sample, and a sample of every version', (type) => {
    const section = sectionOf(type);
    expect(section).toContain(EVENT_SCHEMAS[type].meaning);
    const samples = readdirSync(new URL('../golden/', import.meta.url)).filter((file) => file.startsWith(`${type}.v`));
    expect(samples).not.toEqual([]);
    for (const file of samples) {
      const sample = readFileSync(new URL(`../golden/${file}`, import.meta.url), 'utf8').trimEnd();
      expect(section).toContain(`\`\`\`json\n${sample}\n\`\`\``);
      expect(section).toContain(`Sample of version ${/\.v(\d+)\./.exec(file)?.[1]}`);
      for (const field of pathsOf((JSON.parse(sample) as { data: object }).data)) expect(section).toContain(`| \`${field}\` |`);
    }
  });

  it('names the unit of every temperature and span of time, and tells times from other text', () => {
    const fields = Object.values(EVENT_SCHEMAS).flatMap(({ data, metadata }) => [...fieldsOf(data, 'data'), ...fieldsOf(metadata, 'metadata')]);
    const unitOf = (end: RegExp) => new Set(fields.filter(({ path }) => end.test(path)).map(({ unit }) => unit));
    expect(unitOf(/Celsius$/)).toEqual(new Set(['degrees Celsius']));
    expect(unitOf(/Ms$/)).toEqual(new Set(['milliseconds']));
    expect(new Set(fields.filter(({ type }) => type === 'time').map(({ unit }) => unit))).toEqual(new Set(['ISO 8601 UTC']));
  });
});

describe('the catalogue', () => {
  it('refuses a field without a meaning, also one inside a list', () => {
    const known = z.string().meta({ description: 'known' });
    expect(() => fieldsOf(z.object({ known, more: z.string() }), 'AlarmTriggered')).toThrow('AlarmTriggered: field more has no meaning');
    const inner = z.array(z.object({ known, more: z.string() })).meta({ description: 'list' });
    expect(() => fieldsOf(z.object({ inner }), 'AlarmTriggered')).toThrow('field inner[].more has no meaning');
  });

  it('says what a field is of, whether it may be missing, and its unit', () => {
    const span = z.number().nullable().meta({ description: 'How long.', unit: 'milliseconds' });
    expect(fieldsOf(z.object({ span, at: z.iso.datetime().meta({ description: 'When.' }).exactOptional() }), 'x')).toEqual([
      { path: 'span', type: 'number or null', unit: 'milliseconds', meaning: 'How long.' },
      { path: 'at', type: 'time, optional', unit: '', meaning: 'When.' },
    ]);
  });
});

/** `['evidence', 'evidence[].readAt', …]` */
function pathsOf(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const path = `${prefix}${name}`;
    const first: unknown = Array.isArray(inner) ? inner[0] : inner;
    const below = typeof first === 'object' && first !== null ? pathsOf(first, `${path}${Array.isArray(inner) ? '[]' : ''}.`) : [];
    return [path, ...below];
  });
}
