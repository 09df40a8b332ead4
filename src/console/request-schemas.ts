import { z } from 'zod';
import { USER_NAME } from '../access/accounts.js';
import { SHELVING_REASONS } from '../alarm-domain/alarm-life-events.js';
import { ALARM_TYPES } from '../alarm-domain/reading.js';
import { CUSTOMER_COLUMNS, type Customer } from '../customers/customer.js';
import { LONGEST_NOTE } from '../customers/note-store.js';
import { ZONES } from '../customers/zones.js';
import { EMAIL_STATES } from '../projections/alarms.projection.js';

/** What may be asked of the API. Unknown parameters are refused: one misspelt would otherwise change an answer unseen. */

const MAX_SENSOR_ID = 2_147_483_647;

/** A whole number in decimal digits, as it stands in a URL. */
function wholeNumber(min: number, max: number) {
  const expected = `expected a whole number from ${min} to ${max}`;
  const toNumber = (value: unknown) => (typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value);
  return z.preprocess(toNumber, z.int(expected).min(min, expected).max(max, expected));
}

/** A time with its zone, turned into UTC with milliseconds, as events have it. */
const time = z.iso
  .datetime({ offset: true, error: 'expected an ISO 8601 time with its zone, such as 2025-11-24T04:00:00Z (a + in a URL is %2B)' })
  .transform((text) => new Date(text).toISOString());

const cursor = z.string().min(1).max(500).meta({ description: 'the `next` of the answer before' });
const limit = wholeNumber(1, 500).prefault(50);
const zone = z.enum(ZONES);
const cell = z.string().regex(/^[0-9b-hjkmnp-z]{1,9}$/, 'expected a geohash of 1 to 9 characters');
const sensorId = wholeNumber(0, MAX_SENSOR_ID);
const alarmId = z.uuid('expected a UUID').toLowerCase();

const typeNames = ALARM_TYPES.join('|');
const someTypes = `one or more of ${ALARM_TYPES.join(', ')}, with commas between them`;
const types = z
  .string()
  .regex(new RegExp(`^(${typeNames})(,(${typeNames}))*$`), `expected ${someTypes}`)
  .transform((text) => ALARM_TYPES.filter((type) => text.split(',').includes(type)))
  .optional()
  .meta({ description: someTypes });

export const noParameters = z.strictObject({});

export const alarmListQuery = z.strictObject({
  status: z.enum(['open', 'recovered', 'standing']).optional().meta({ description: '`standing`: open, or not acknowledged' }),
  acknowledged: z.enum(['yes', 'no']).optional(),
  type: types,
  email: z.enum(EMAIL_STATES).optional(),
  zone: zone.optional(),
  cell: cell.optional(),
  sensor: sensorId.optional(),
  from: time.optional().meta({ description: 'triggered at or after this time' }),
  to: time.optional().meta({ description: 'triggered before this time' }),
  order: z.enum(['newest', 'oldest']).prefault('newest').meta({ description: 'which come first' }),
  limit,
  cursor: cursor.optional(),
});
export type AlarmListQuery = z.output<typeof alarmListQuery>;

export const alarmExportQuery = alarmListQuery.omit({ limit: true, cursor: true });
export type AlarmExportQuery = z.output<typeof alarmExportQuery>;

export const alarmParams = z.strictObject({ id: alarmId });
export const sensorParams = z.strictObject({ id: sensorId });
export const customerParams = z.strictObject({ id: sensorId });

const MOST_CUSTOMERS = 100;
const ids = z
  .string()
  .regex(/^\d{1,10}(,\d{1,10})*$/, 'expected customers\' ids with commas between them')
  .transform((text) => [...new Set(text.split(',').map(Number))])
  .refine((all) => all.length <= MOST_CUSTOMERS, `expected ${MOST_CUSTOMERS} ids at most`)
  .refine((all) => all.every((id) => id <= MAX_SENSOR_ID), `expected ids of up to ${MAX_SENSOR_ID}`);
export const customerListQuery = z.strictObject({ ids });
export type CustomerListQuery = z.output<typeof customerListQuery>;

export const mapQuery = z.strictObject({ prefixLength: wholeNumber(1, 9).prefault(2), zone: zone.optional() });
export type MapQuery = z.output<typeof mapQuery>;

export const cellSensorsQuery = z.strictObject({
  cell,
  zone: zone.optional(),
  limit,
  cursor: cursor.optional(),
});
export type CellSensorsQuery = z.output<typeof cellSensorsQuery>;

export const countsQuery = z.strictObject({
  from: time.optional().meta({ description: 'first minute; default 60 minutes before `to`' }),
  to: time.optional().meta({ description: 'end, exclusive; default now' }),
  type: types,
  step: z
    .enum(['60', '300', '900', '3600', '21600', '86400'])
    .prefault('60')
    .transform(Number)
    .meta({ description: 'seconds that are counted together, in UTC; the first minute stands for them' }),
});
export type CountsQuery = z.output<typeof countsQuery>;

export const loadQuery = z.strictObject({
  from: time.optional().meta({ description: 'taken down to ten minutes; default 24 hours before `to`' }),
  to: time.optional().meta({ description: 'end, exclusive; default now' }),
  zone: zone.optional().meta({ description: 'whose console the lists and the periods are of; one for all without it' }),
});
export type LoadQuery = z.output<typeof loadQuery>;

const asOf = time.optional().meta({ description: 'a time of recording; default now' });
export const auditQuery = z
  .strictObject({
    asOf,
    revision: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional().meta({ description: 'after this event of the sensor, in place of a time' }),
    limit,
    cursor: cursor.optional(),
  })
  .refine((query) => query.asOf === undefined || query.revision === undefined, { path: ['revision'], error: 'expected a revision or asOf, not both' });
export type AuditQuery = z.output<typeof auditQuery>;

export const pastQuery = z.strictObject({
  asOf,
  prefixLength: wholeNumber(1, 9).prefault(2),
  zone: zone.optional(),
  cell: cell.optional().meta({ description: 'the lists are of this cell alone; the map is not' }),
  limit,
});
export type PastQuery = z.output<typeof pastQuery>;

export const eventExportQuery = z.strictObject({
  from: time.optional().meta({ description: 'recorded at or after this time; default from the first on' }),
  to: time.optional().meta({ description: 'recorded before this time; default to the last' }),
  sensor: sensorId.optional(),
});
export type EventExportQuery = z.output<typeof eventExportQuery>;

export const mailListQuery = z.strictObject({ limit, cursor: cursor.optional() });
export type MailListQuery = z.output<typeof mailListQuery>;

/** No dot but that of the ending and no slash: such a name can't lead out of a folder. */
export const mailParams = z.strictObject({ name: z.string().regex(/^[A-Za-z0-9-]{1,80}\.eml$/, 'expected the name of an .eml file') });

export const projectionParams = z.strictObject({ name: z.string().regex(/^[a-z][a-z-]{0,40}$/, 'expected the name of a projection') });
export const notificationParams = z.strictObject({ alarmId });

export const deadLetterListQuery = z.strictObject({ status: z.enum(['open', 'replayed', 'dropped']).optional(), limit, cursor: cursor.optional() });
export type DeadLetterListQuery = z.output<typeof deadLetterListQuery>;

export const deadLetterChoice = z.strictObject({
  ids: z.union([z.literal('all'), z.array(z.uuid().toLowerCase()).min(1).max(1000)], 'expected "all" or a list of 1 to 1000 ids'),
});
export type DeadLetterChoice = z.output<typeof deadLetterChoice>;

/** An id, no name and no address: it stays in the events. Who has logged in need not give it. */
const operator = z.string().regex(USER_NAME, 'expected an operator\'s id: 1 to 64 letters, digits, dots, hyphens or underscores').optional();
/** A request with the operator in whose name it is. */
type By<Request> = Omit<Request, 'operator'> & { readonly operator: string };
const note = z.string().min(1).max(LONGEST_NOTE);

export const acknowledgement = z.strictObject({ operator, note: note.optional() });
export type Acknowledgement = z.output<typeof acknowledgement>;
export const comment = z.strictObject({ operator, note });
export type Comment = z.output<typeof comment>;
export const shelving = z.strictObject({ operator, reason: z.enum(SHELVING_REASONS), until: time, note: note.optional() });
export type ShelvingRequest = z.output<typeof shelving>;
export const unshelving = z.strictObject({ operator });
export type Unshelving = z.output<typeof unshelving>;
export type AcknowledgementBy = By<Acknowledgement>;
export type CommentBy = By<Comment>;
export type ShelvingBy = By<ShelvingRequest>;

export const sensorListQuery = z.strictObject({ limit, cursor: cursor.optional() });
export type SensorListQuery = z.output<typeof sensorListQuery>;

const customerTexts = Object.fromEntries(
  CUSTOMER_COLUMNS.filter((column) => !['id', 'latitude', 'longitude'].includes(column)).map((column) => [column, z.string().max(16_384)]),
);
const customerToSave = z.strictObject({
  ...customerTexts,
  id: z.int().min(0).max(MAX_SENSOR_ID),
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  geohash: z.string().regex(/^[0-9b-hjkmnp-z]{9}$/, 'expected a geohash of 9 characters'),
  dashboard: zone,
}) as unknown as z.ZodType<Customer>;
export const customersToSave = z.strictObject({ customers: z.array(customerToSave).max(1000) });
export type CustomersToSave = z.output<typeof customersToSave>;

export const reconcileQuery = z.strictObject({ from: time.optional(), to: time.optional() });
export type ReconcileQuery = z.output<typeof reconcileQuery>;

/** Any password: what is none of an account's is answered as a wrong one. */
export const logIn = z.strictObject({ name: z.string().min(1).max(64), password: z.string().min(1).max(1024) });
export type LogIn = z.output<typeof logIn>;

export const noBody = z.strictObject({}).optional();
