import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { load } from 'js-yaml';
import { ALARM_TYPES } from '../src/alarm-domain/reading.js';
import { systemClock } from '../src/clock.js';
import { LibsqlEventStore } from '../src/event-store/libsql-event-store.js';
import { DeadLetters } from '../src/ingestion/dead-letters.js';
import { toRecord } from '../src/ingestion/ingest-records.js';
import { MAX_MESSAGE_ID_LENGTH, MAX_SENSOR_ID, parseReading } from '../src/ingestion/reading-format.js';
import { MESSAGE_ID_HEADER } from '../src/ingestion/sensor-message.js';
import { LibsqlMessageLog } from '../src/message-log/libsql-message-log.js';
import { ALL_TOPICS, deadLetterTopic, PARTITIONS, SENSOR_TOPICS } from '../src/message-log/message-log.js';
import { alarmIdOf, toCountRecord } from '../src/projections/count-record.js';
import { alarmTriggered } from './support/alarm-fixtures.js';
import { newDir } from './support/projection-events.js';

interface Example {
  readonly headers?: Record<string, string>;
  readonly payload: unknown;
}

interface Message {
  readonly contentType: string;
  readonly headers: { readonly $ref: string };
  readonly payload: object;
  readonly bindings: { readonly kafka: { readonly key: object } };
  readonly examples: readonly Example[];
}

interface AsyncApiDocument {
  readonly channels: Record<string, { readonly address: string; readonly messages: Record<string, { readonly $ref: string }>; readonly bindings: object }>;
  readonly operations: Record<string, { readonly action: string; readonly channel: { readonly $ref: string } }>;
  readonly components: {
    readonly messages: Record<string, Message>;
    readonly schemas: Record<string, { readonly properties: Record<string, { readonly const?: unknown }> } & Record<string, unknown>>;
  };
}

const document = load(readFileSync(new URL('../docs/asyncapi.yaml', import.meta.url), 'utf8')) as AsyncApiDocument;
const { channels, operations, components } = document;
const ajv = new Ajv({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema(document, 'doc');

/** Why the value is not of the schema; null when it is. */
function problemsOf(schema: object, value: unknown): string | null {
  const validate: ValidateFunction = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"doc#/')) as object);
  return validate(value) ? null : ajv.errorsText(validate.errors);
}

const message = (name: string): Message => components.messages[name]!;
const READING_FORMS = ['readingObject', 'readingArray', 'readingLiteral'];

/** An example as the bytes of a record: text as it is, anything else as JSON. */
const toBytes = (payload: unknown): Buffer => Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));

describe('docs/asyncapi.yaml', () => {
  it('is valid by the official schema of AsyncAPI 3.0', () => {
    const path = createRequire(import.meta.url).resolve('@asyncapi/specs/schemas/3.0.0-without-$id.json');
    const official = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(readFileSync(path, 'utf8')) as object);
    expect(official(document) ? [] : official.errors).toEqual([]);
    expect(official({ ...document, info: {} })).toBe(false);
  });

  it('has only references that lead somewhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path as string);
    expect(references.length).toBeGreaterThan(30);
    const lost = references.filter((path) => path.split('/').reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], document) === undefined);
    expect(lost).toEqual([]);
  });

  it('has every topic and no other, with its partitions, two replicas and the log’s append time', () => {
    expect(Object.values(channels).map(({ address }) => address).sort()).toEqual([...ALL_TOPICS].sort());
    for (const [name, { address, bindings }] of Object.entries(channels)) {
      expect(address).toBe(name);
      expect(bindings).toMatchObject({ kafka: { partitions: PARTITIONS, replicas: 2, topicConfiguration: { 'message.timestamp.type': 'LogAppendTime' } } });
    }
  });

  it('says of each topic whether Vigía reads or writes it', () => {
    const actions = Object.values(operations).map(({ action, channel }) => `${action} ${channel.$ref.split('/').at(-1)}`);
    expect(actions.sort()).toEqual(ALL_TOPICS.map((topic) => `${SENSOR_TOPICS.includes(topic as 'OK') ? 'receive' : 'send'} ${topic}`).sort());
  });

  it.each(Object.entries(components.messages).flatMap(([name, { examples }]) => examples.map((example, index) => ({ name, index, example }))))(
    'example $index of $name is of its own schemas',
    ({ name, example }) => {
      expect(problemsOf(message(name).payload, example.payload)).toBeNull();
      expect(problemsOf(message(name).headers, example.headers ?? {})).toBeNull();
    },
  );
});

describe('docs/asyncapi.yaml on ENTRY and OK', () => {
  it.each(SENSOR_TOPICS)('%s takes the three forms', (topic) => {
    expect(Object.keys(channels[topic]!.messages)).toEqual(READING_FORMS);
  });

  it.each(READING_FORMS)('the real parser reads every example of %s', (form) => {
    for (const { payload } of message(form).examples) expect(parseReading(toBytes(payload))).toMatchObject({ ok: true, reading: { sensorId: 42959 } });
  });

  it('the example with everything has its messageId and time', () => {
    expect(parseReading(toBytes(message('readingObject').examples[0]!.payload))).toMatchObject({ messageId: 'a7f3', sensorAtMs: Date.parse('2026-03-01T12:00:00Z') });
  });

  const fields = { id: 42959, movement: true, smoke: false, temperature: 25.5, maxTemperature: 30 };
  const literal = (values: object): string => `{${Object.values(values).map((value) => JSON.stringify(value)).join(', ')}}`;

  it.each([
    {}, { id: '42959' }, { id: '007' }, { id: MAX_SENSOR_ID }, { movement: 'true' }, { smoke: 'false' }, { temperature: '-1e2' }, { temperature: 0 },
    { id: -1 }, { id: 'x' }, { id: 4.5 }, { id: null }, { movement: 1 }, { smoke: 'yes' }, { temperature: 'NaN' }, { temperature: '' }, { maxTemperature: null }, { maxTemperature: 'hot' },
  ])('schemas and parser say the same of a reading with %j', (changes) => {
    const reading = { ...fields, ...changes };
    const isGood = parseReading(JSON.stringify(reading)).ok;
    expect(problemsOf(message('readingObject').payload, reading) === null).toBe(isGood);
    expect(problemsOf(message('readingArray').payload, Object.values(reading)) === null).toBe(isGood);
    expect(problemsOf(message('readingLiteral').payload, literal(reading)) === null).toBe(isGood);
    expect(parseReading(literal(reading)).ok).toBe(isGood);
  });

  it.each(Object.keys(fields))('schemas and parser refuse a reading without its %s', (field) => {
    const reading = Object.fromEntries(Object.entries(fields).filter(([name]) => name !== field));
    for (const [form, payload] of Object.entries({ readingObject: reading, readingArray: Object.values(reading), readingLiteral: literal(reading) })) {
      expect(problemsOf(message(form).payload, payload)).not.toBeNull();
      expect(parseReading(toBytes(payload)).ok).toBe(false);
    }
  });

  it.each([
    { messageId: null, at: null, more: { fields: [] } }, { messageId: 'm'.repeat(MAX_MESSAGE_ID_LENGTH) }, { at: '2026-03-01T13:00:00.5+01:00' },
    { messageId: '' }, { messageId: 'm'.repeat(MAX_MESSAGE_ID_LENGTH + 1) }, { messageId: 7 }, { at: 'noon' }, { at: 7 },
  ])('schema and parser say the same of an object with %j', (changes) => {
    const reading = { ...fields, ...changes };
    expect(problemsOf(message('readingObject').payload, reading) === null).toBe(parseReading(JSON.stringify(reading)).ok);
  });

  it('has the sensor’s id as the key, as the ingest endpoint writes it', () => {
    for (const form of READING_FORMS) {
      for (const { payload } of message(form).examples) expect(problemsOf(message(form).bindings.kafka.key, toRecord(toBytes(payload), {}, null).key)).toBeNull();
      expect(problemsOf(message(form).bindings.kafka.key, '042959')).not.toBeNull();
    }
  });

  it('names the header of the messageId as the code does', () => {
    expect(Object.keys(components.schemas['readingHeaders']!.properties)).toEqual([MESSAGE_ID_HEADER]);
  });
});

describe('docs/asyncapi.yaml on COUNT', () => {
  const { headers, payload, bindings, examples } = message('alarmTriggered');

  it.each(ALARM_TYPES)('describes the record of an alarm of type %s, header by header', (type) => {
    const record = toCountRecord(alarmTriggered(42959, type));
    expect(problemsOf(headers, record.headers)).toBeNull();
    expect(problemsOf(payload, JSON.parse(record.value.toString('utf8')))).toBeNull();
    expect(problemsOf(bindings.kafka.key, record.key)).toBeNull();
    expect(Object.keys(components.schemas['cloudEventHeaders']!.properties)).toEqual(Object.keys(record.headers!));
  });

  it('has an example that is recognised as ours', () => {
    const [example] = examples;
    expect(alarmIdOf({ headers: example!.headers! })).toBe(example!.headers!['ce_id']);
  });
});

describe('docs/asyncapi.yaml on the dead-letter topics', () => {
  let log: LibsqlMessageLog;
  let store: LibsqlEventStore;
  let letters: DeadLetters;
  beforeAll(async () => {
    const dir = newDir();
    log = await LibsqlMessageLog.open(dir, { clock: systemClock });
    store = await LibsqlEventStore.open(dir, { clock: systemClock });
    letters = new DeadLetters(log, store, systemClock);
  });
  afterAll(async () => {
    await log.close();
    await store.close();
  });

  it('describes the records that are written, header by header', async () => {
    const record = { offset: 1, key: null, value: null, headers: { Site: 'Madrid' }, appendedAtMs: systemClock.now() };
    await letters.add('OK', [{ record, source: { log: log.identity, topic: 'OK', partition: 0, epoch: 0, offset: 1 }, reason: 'tombstone' }]);
    const headers: Record<string, string>[] = [];
    for (const { partition } of await log.describe(deadLetterTopic('OK'))) for await (const letter of log.read(deadLetterTopic('OK'), partition, 0)) headers.push(letter.headers);
    expect(headers).toHaveLength(1);
    expect(problemsOf(message('deadLetter').headers, headers[0])).toBeNull();
    expect(Object.keys(headers[0]!).sort()).toEqual(['Site', ...Object.keys(components.schemas['deadLetterHeaders']!.properties)].sort());
  });

  it('has examples that are listed as dead letters', async () => {
    const { examples } = message('deadLetter');
    await log.append(deadLetterTopic('ENTRY'), examples.map(({ headers, payload }) => ({ key: '42959', value: toBytes(payload), headers: headers! })));
    const listed = [];
    for await (const letter of letters.list()) if (letter.source.topic === 'ENTRY') listed.push(letter);
    expect(listed.map(({ reason, value }) => ({ reason, value }))).toEqual([
      { reason: examples[0]!.headers!['dead-letter-reason'], value: toBytes(examples[0]!.payload) },
      { reason: examples[1]!.headers!['dead-letter-reason'], value: null },
    ]);
    expect(parseReading(listed[0]!.value!)).toMatchObject({ ok: false, problem: { detail: expect.stringContaining('"hot"') } });
  });
});
