import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { NOTIFICATION_STREAM_PREFIX } from '../../src/alarm-domain/notification-events.js';
import { SENSOR_EVENT_TYPES } from '../../src/alarm-domain/alarm-events.js';
import { SENSOR_STREAM_PREFIX } from '../../src/alarm-domain/sensor.js';
import { currentVersion } from '../../src/event-store/event-codec.js';
import { EVENT_SCHEMAS, type DomainEvent } from '../../src/event-store/event-schemas.js';
import { BOOKKEEPING_EVENTS } from './bookkeeping-events.js';

export const CATALOGUE_FILE = new URL('../../docs/event-catalogue.md', import.meta.url);
const GOLDEN = new URL('../golden/', import.meta.url);

/** A type with no meaning or a field without one: the catalogue would have a hole. */
export class MeaningMissing extends Error {
  constructor(where: string) {
    super(`${where} has no meaning; give it one in src/event-store/event-schemas.ts`);
    this.name = 'MeaningMissing';
  }
}

export interface CatalogueField {
  /** `evidence[].readAt` */
  readonly path: string;
  readonly type: string;
  readonly unit: string;
  readonly meaning: string;
}

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly unit?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
}

/** docs/event-catalogue.md as it follows from the schemas and the golden samples. Thrown: `MeaningMissing`. */
export function renderCatalogue(): string {
  const types = Object.keys(EVENT_SCHEMAS) as DomainEvent['type'][];
  const sensorTypes = types.filter((type) => isSensorType(type));
  const mailTypes = types.filter((type) => !isSensorType(type));
  return `${[
    '# Event catalogue',
    'Written by `npm run event-catalogue` from `src/event-store/event-schemas.ts` and the samples in `test/golden`; a test holds it to them. Names and fields are stored and never change: a new need is a new version, and older ones are brought up to it when they are read (`src/event-store/event-codec.ts`). Fields that no version names are kept and passed over. R1–R7 are the [alarm rules](alarm-rules.md).',
    'No event has a name, an address or a note in it: only the sensor\'s number and an operator\'s id (P5).',
    tableOf(['Event', 'Versions', 'Stream', 'Meaning'], types.map((type) => [`[\`${type}\`](#${type.toLowerCase()})`, versionsOf(type).join(', '), streamOf(type), EVENT_SCHEMAS[type].meaning])),
    `## Events of a sensor\n\nStream \`${SENSOR_STREAM_PREFIX}<sensor id>\`.`,
    ...sensorTypes.map((type) => sectionOf(type)),
    metadataSection('Metadata of a sensor\'s events that follow from a record of the log', 'AlarmTriggered'),
    metadataSection('Metadata of those that follow from a command, or from time', 'AlarmAcknowledged'),
    `## Events of an alarm's e-mail\n\nStream \`${NOTIFICATION_STREAM_PREFIX}<alarm id>\`.`,
    ...mailTypes.map((type) => sectionOf(type)),
    metadataSection('Metadata of an e-mail\'s events', 'NotificationRequested'),
    '## Bookkeeping\n\nWhat Vigía writes down for itself, at version 1. `vigia events export` takes along what is marked as moved; the rest belongs to one event store ([moving](moving.md)).',
    tableOf(['Event', 'Stream', 'Moved', 'Meaning'], BOOKKEEPING_EVENTS.map(({ type, stream, isMoved, meaning }) => [`\`${type}\``, `\`${stream}\``, isMoved ? 'yes' : 'no', meaning])),
  ].join('\n\n')}\n`;
}

/** The fields of an object schema, nested ones with their path. Thrown: `MeaningMissing`. */
export function fieldsOf(schema: z.ZodType, where: string): CatalogueField[] {
  return collect(z.toJSONSchema(schema, { io: 'input' }) as JsonSchema, where, '');
}

function collect(schema: JsonSchema, where: string, prefix: string): CatalogueField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]): CatalogueField[] => {
    const isOptional = !schema.required?.includes(name);
    const path = `${prefix}${name}`;
    if (field.description === undefined) throw new MeaningMissing(`${where}: field ${path}`);
    const own = { path, type: `${typeOf(field)}${isOptional ? ', optional' : ''}`, unit: field.unit ?? '', meaning: field.description };
    const inner = field.items ?? field;
    return [own, ...collect(inner, where, `${path}${field.items ? '[]' : ''}.`)];
  });
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`"${schema.const}"\``;
  if (schema.enum) return schema.enum.map((value) => `\`"${value}"\``).join(', ');
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  const names = types.map((type) => (type === 'integer' && schema.minimum !== undefined && schema.minimum >= 0 ? `integer ≥ ${schema.minimum}` : schema.format === 'date-time' ? 'time' : type));
  return names.join(' or ');
}

function sectionOf(type: DomainEvent['type']): string {
  const { data, meaning } = EVENT_SCHEMAS[type];
  const versions = versionsOf(type);
  const current = currentVersion(type);
  return [
    `### ${type}`,
    meaning,
    `Fields of its data at version ${current}:`,
    fieldTable(fieldsOf(data, type)),
    ...versions.map((version) => `Sample of version ${version}${version === current ? '' : `, read as version ${current}`}:\n\n\`\`\`json\n${sampleOf(type, version)}\n\`\`\``),
  ].join('\n\n');
}

function metadataSection(title: string, type: DomainEvent['type']): string {
  return [`### ${title}`, fieldTable(fieldsOf(EVENT_SCHEMAS[type].metadata, `metadata of ${type}`))].join('\n\n');
}

function fieldTable(fields: readonly CatalogueField[]): string {
  return tableOf(['Field', 'Type', 'Unit', 'Meaning'], fields.map(({ path, type, unit, meaning }) => [`\`${path}\``, type, unit, meaning]));
}

function tableOf(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), `|${header.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** The versions that there are samples of; event-codec.spec.ts holds the samples to the code. */
function versionsOf(type: string): number[] {
  const name = new RegExp(`^${type}\\.v(\\d+)\\.json$`);
  return readdirSync(GOLDEN).map((file) => Number(name.exec(file)?.[1] ?? 0)).filter((version) => version > 0).sort((a, b) => a - b);
}

function sampleOf(type: string, version: number): string {
  return readFileSync(new URL(`${type}.v${version}.json`, GOLDEN), 'utf8').trimEnd();
}

function streamOf(type: DomainEvent['type']): string {
  return isSensorType(type) ? `\`${SENSOR_STREAM_PREFIX}<id>\`` : `\`${NOTIFICATION_STREAM_PREFIX}<alarm>\``;
}

function isSensorType(type: string): boolean {
  return (SENSOR_EVENT_TYPES as readonly string[]).includes(type);
}
