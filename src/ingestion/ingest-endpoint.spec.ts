import { startEndpoint, withChanges, type RunningEndpoint } from '../../test/support/running-endpoint.js';
import { LogUnavailable, type MessageLog } from '../message-log/message-log.js';

const LITERAL = '{"42959", "true", "false", "25.5", "30.0"}';
const ARRAY = '["42959","false","false","25.5","30.0"]';
const OBJECT = '{"id":42959,"movement":false,"smoke":true,"temperature":25.5,"maxTemperature":30.0}';

const TEXT = { 'content-type': 'text/plain' };
const JSON_TYPE = { 'content-type': 'application/json' };
const NDJSON = { 'content-type': 'application/x-ndjson' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const REST = { 'content-type': 'application/vnd.kafka.json.v2+json' };
const REST_BINARY = { 'content-type': 'application/vnd.kafka.binary.v2+json' };

function normal(id: number): string {
  return `{"${id}", "false", "false", "25.5", "30.0"}`;
}

let endpoint: RunningEndpoint;
beforeEach(async () => {
  endpoint = await startEndpoint();
});
afterEach(() => endpoint.close());

async function expectRefusal(response: Response, status: number, field?: string): Promise<string> {
  const body = (await response.json()) as { error: string; field?: string };
  expect({ status: response.status, field: body.field }).toEqual({ status, field });
  expect(body.error).not.toBe('');
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  return body.error;
}

describe('one message a request', () => {
  it.each([
    ['literal form', LITERAL, TEXT], ['array', ARRAY, JSON_TYPE], ['object', OBJECT, JSON_TYPE], ['literal form as JSON', LITERAL, JSON_TYPE], ['array as text', ARRAY, TEXT],
    ['one reading over several lines', OBJECT.replaceAll(',', ',\n'), TEXT], ['several lines as JSON', OBJECT.replaceAll(',', ',\r\n'), JSON_TYPE],
    ['a JSON type of its own', OBJECT, { 'content-type': 'application/vnd.acme.sensor+json; charset=utf-8' }], ['type in capitals', OBJECT, { 'content-type': 'Application/JSON' }],
  ])('stores its bytes as sent and answers partition and offset: %s', async (_name, body, headers) => {
    const response = await endpoint.post('ENTRY', body, headers);
    expect(response.status).toBe(200);
    const [record] = await endpoint.stored();
    expect(await response.json()).toEqual({ partition: record?.partition, offset: 0 });
    expect(record).toMatchObject({ key: '42959', value: body, headers: {} });
    expect(endpoint.accepted).toEqual({ ENTRY: 1 });
  });

  it('takes a missing content type as text', async () => {
    expect((await endpoint.post('ENTRY', Buffer.from(LITERAL))).status).toBe(200);
    expect(await endpoint.stored()).toMatchObject([{ value: LITERAL }]);
  });

  it('takes msg= of a form, in any of the usual encodings', async () => {
    const encoded = encodeURIComponent(LITERAL);
    for (const body of [`msg=${encoded}`, `other=1&msg=${encoded.replaceAll('%20', '+')}`, `%6Dsg=${LITERAL.replaceAll(' ', '+')}`]) {
      expect((await endpoint.post('ENTRY', body, FORM)).status).toBe(200);
    }
    expect((await endpoint.stored()).map(({ value }) => value)).toEqual([LITERAL, LITERAL, LITERAL]);
  });

  it('keys by the sensor id in canonical decimal, whatever the query says', async () => {
    const response = await fetch(`${endpoint.url}/topics/ENTRY/messages?key=somebody&sync`, { method: 'POST', body: normal(7).replace('7', '0007'), headers: TEXT });
    expect(response.status).toBe(200);
    expect(await endpoint.stored()).toMatchObject([{ key: '7' }]);
  });

  it('takes OK messages in the same forms', async () => {
    expect((await endpoint.post('OK', LITERAL, TEXT)).status).toBe(200);
    expect(await endpoint.stored('OK')).toMatchObject([{ key: '42959', value: LITERAL }]);
    expect(await endpoint.stored('ENTRY')).toEqual([]);
  });

  it('gives ascending offsets in a partition', async () => {
    const offsets: number[] = [];
    for (let index = 0; index < 3; index += 1) offsets.push(((await (await endpoint.post('ENTRY', LITERAL, TEXT)).json()) as { offset: number }).offset);
    expect(offsets).toEqual([0, 1, 2]);
  });

  it('makes record headers of X-Kafka headers and of the Idempotency-Key', async () => {
    const headers = { ...TEXT, 'x-kafka-site-name': Buffer.from('Málaga').toString('base64'), 'X-KAFKA-EMPTY': '', 'idempotency-key': 'retry-17' };
    expect((await endpoint.post('ENTRY', LITERAL, headers)).status).toBe(200);
    expect(await endpoint.stored()).toMatchObject([{ headers: { 'Site-Name': 'Málaga', Empty: '', 'message-id': 'retry-17' } }]);
  });

  it('leaves a messageId of the body alone', async () => {
    const body = OBJECT.replace('}', ',"messageId":"own"}');
    expect((await endpoint.post('ENTRY', body, { ...JSON_TYPE, 'idempotency-key': 'other' })).status).toBe(200);
    expect(await endpoint.stored()).toMatchObject([{ value: body, headers: {} }]);
  });

  it.each([
    ['an empty body', '', TEXT, 400, undefined],
    ['no reading', 'hello', TEXT, 400, undefined],
    ['a cut reading', LITERAL.slice(0, -1), TEXT, 400, undefined],
    ['several readings as text', `${LITERAL}\n${LITERAL}`, TEXT, 400, undefined],
    ['NaN', OBJECT.replace('25.5', 'NaN'), JSON_TYPE, 422, 'temperature'],
    ['Infinity', LITERAL.replace('30.0', 'Infinity'), TEXT, 422, 'maxTemperature'],
    ['a negative id', LITERAL.replace('42959', '-1'), TEXT, 422, 'id'],
    ['an id that is no integer', OBJECT.replace('42959', '1.5'), JSON_TYPE, 422, 'id'],
    ['a missing maximum', '["1","true","false","25.5"]', JSON_TYPE, 422, 'maxTemperature'],
    ['a bad messageId', OBJECT.replace('}', ',"messageId":""}'), JSON_TYPE, 422, 'messageId'],
    ['a form without msg', 'message=1', FORM, 400, 'msg'],
    ['a form with msg twice', `msg=${LITERAL}&msg=${LITERAL}`, FORM, 400, 'msg'],
    ['a form with a bad escape', 'msg=%G0', FORM, 400, undefined],
    ['XML', '<reading/>', { 'content-type': 'text/xml' }, 415, 'Content-Type'],
    ['Avro', '{}', { 'content-type': 'application/vnd.kafka.avro.v2+json' }, 415, 'Content-Type'],
    ['a content type that is none', LITERAL, { 'content-type': 'words' }, 415, 'Content-Type'],
    ['gzip', LITERAL, { ...TEXT, 'content-encoding': 'gzip' }, 415, 'Content-Encoding'],
    ['a header that is not base64', LITERAL, { ...TEXT, 'x-kafka-site': '*' }, 400, 'X-Kafka-Site'],
    ['a header that is not text', LITERAL, { ...TEXT, 'x-kafka-site': '/w==' }, 400, 'X-Kafka-Site'],
    ['an empty Idempotency-Key', LITERAL, { ...TEXT, 'idempotency-key': '' }, 400, 'Idempotency-Key'],
    ['a long Idempotency-Key', LITERAL, { ...TEXT, 'idempotency-key': 'x'.repeat(201) }, 400, 'Idempotency-Key'],
    ['more than 64 kB', `${LITERAL}${' '.repeat(65_536)}`, TEXT, 413, undefined],
    ['more than 64 kB of JSON', `${OBJECT}${' '.repeat(65_536)}`, JSON_TYPE, 413, undefined],
    ['more than 64 kB in a form', `msg=${'+'.repeat(65_536)}${LITERAL}`, FORM, 413, undefined],
  ])('refuses %s and stores nothing', async (_name, body, headers, status, field) => {
    const error = await expectRefusal(await endpoint.post('ENTRY', body, headers), status, field);
    if (field !== undefined) expect(error).toContain(field === 'Content-Type' ? 'content type' : field === 'Content-Encoding' ? 'gzip' : field);
    expect(await endpoint.stored()).toEqual([]);
    expect(endpoint.accepted).toEqual({});
    expect(endpoint.refused).toEqual([status]);
  });

  it('refuses bytes that are not UTF-8 instead of replacing them', async () => {
    await expectRefusal(await endpoint.post('ENTRY', Buffer.concat([Buffer.from('["1","false","false","1","2"'), Buffer.from([0xff, 0x5d])]), TEXT), 400);
    await expectRefusal(await endpoint.post('ENTRY', `msg=${encodeURIComponent(LITERAL)}%ff`, FORM), 400);
    expect(await endpoint.stored()).toEqual([]);
  });

  it('takes a reading of exactly 64 kB', async () => {
    expect((await endpoint.post('ENTRY', LITERAL.padEnd(65_536), TEXT)).status).toBe(200);
  });
});

describe('routes', () => {
  it('answers the health check', async () => {
    const response = await fetch(`${endpoint.url}/_ping`);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([200, expect.stringMatching(/^text\/plain/), 'pong']);
  });

  it('404 for another topic or path', async () => {
    for (const path of ['/topics/COUNT/messages', '/topics/entry/messages', '/topics/ENTRY.dlq/messages', '/topics/ENTRY', '/', '/topics/ENTRY/messages/', `/topics/${'x'.repeat(200)}/messages`]) {
      const response = await fetch(`${endpoint.url}${path}`, { method: 'POST', body: LITERAL });
      expect([path, response.status]).toEqual([path, 404]);
      expect(((await response.json()) as { error: string }).error).toMatch(/ENTRY/);
    }
    expect((await fetch(`${endpoint.url}/nothing`)).status).toBe(404);
  });

  it('405 with Allow for another method', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      const response = await fetch(`${endpoint.url}/topics/ENTRY/messages?sync`, { method, ...(method === 'GET' ? {} : { body: LITERAL }) });
      expect([method, response.headers.get('allow')]).toEqual([method, 'POST']);
      await expectRefusal(response, 405);
    }
    const response = await fetch(`${endpoint.url}/_ping`, { method: 'POST', body: '' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('400 for a path that can not be decoded', async () => {
    await expectRefusal(await fetch(`${endpoint.url}/topics/%ZZ/messages`, { method: 'POST', body: LITERAL }), 400);
  });
});

interface Offsets {
  readonly offsets: { partition: number | null; offset: number | null; error_code: number | null; error: string | null; field?: string }[];
}

describe('batches', () => {
  it('NDJSON: a result for each line in its order, bytes as sent, blank lines passed over', async () => {
    const lines = [LITERAL, ARRAY, OBJECT, normal(7)];
    const response = await endpoint.post('ENTRY', `\n${lines.join('\r\n')}\n \n`, NDJSON);
    expect(response.status).toBe(200);
    const { offsets } = (await response.json()) as Offsets;
    expect(offsets).toHaveLength(4);
    const stored = await endpoint.stored();
    offsets.forEach((result, index) => {
      expect(result).toMatchObject({ error_code: null, error: null });
      const record = stored.find(({ partition, offset }) => partition === result.partition && offset === result.offset);
      expect(record).toMatchObject({ value: lines[index], key: index === 3 ? '7' : '42959' });
    });
    expect(endpoint.accepted).toEqual({ ENTRY: 4 });
  });

  it('207: bad records are named, good ones stored', async () => {
    const response = await endpoint.post('ENTRY', [normal(1), OBJECT.replace('25.5', 'NaN'), 'junk', `${normal(2)}${' '.repeat(65_536)}`, normal(3)].join('\n'), NDJSON);
    expect(response.status).toBe(207);
    const { offsets } = (await response.json()) as Offsets;
    expect(offsets.map(({ error_code, field }) => [error_code, field])).toEqual([[null, undefined], [422, 'temperature'], [400, undefined], [413, undefined], [null, undefined]]);
    expect(offsets[1]).toEqual({ partition: null, offset: null, error_code: 422, error: expect.stringContaining('temperature'), field: 'temperature' });
    expect((await endpoint.stored()).map(({ key }) => key).sort()).toEqual(['1', '3']);
    expect([endpoint.accepted, endpoint.refused]).toEqual([{ ENTRY: 2 }, [422, 400, 413]]);
  });

  it('207 when all are refused', async () => {
    expect((await endpoint.post('ENTRY', 'junk\nmore junk', NDJSON)).status).toBe(207);
    expect(await endpoint.stored()).toEqual([]);
  });

  it.each([['REST proxy', REST], ['plain JSON', JSON_TYPE]])('records of Kafka’s REST proxy, as %s', async (_name, headers) => {
    const body = `{ "records" : [ {"key":"nobody","value":${OBJECT}}, {"value": ["7",false,false, 1, 2 ]}, {"value":${JSON.stringify(LITERAL)},"partition":1}, {"value":{"id":1,"movement":true,"smoke":false,"temperature":NaN,"maxTemperature":2}}, {"key":5}, 7, {"value":null} ] }`;
    const response = await endpoint.post('ENTRY', body, headers);
    expect(response.status).toBe(207);
    const { offsets } = (await response.json()) as Offsets;
    expect(offsets.map(({ error_code, field }) => [error_code, field])).toEqual([[null, undefined], [null, undefined], [null, undefined], [422, 'temperature'], [422, 'value'], [422, undefined], [400, undefined]]);
    const stored = await endpoint.stored();
    const values = offsets.slice(0, 3).map((result) => stored.find(({ partition, offset }) => partition === result.partition && offset === result.offset));
    expect(values).toMatchObject([{ key: '42959', value: OBJECT }, { key: '7', value: '["7",false,false, 1, 2 ]' }, { key: '42959', value: LITERAL }]);
  });

  it('base64 records of Kafka’s REST proxy', async () => {
    const value = Buffer.from(LITERAL).toString('base64');
    const response = await endpoint.post('ENTRY', JSON.stringify({ records: [{ key: 'a2V5', value }, { value: `${value}*` }, { value: 7 }] }), REST_BINARY);
    expect(response.status).toBe(207);
    expect(((await response.json()) as Offsets).offsets.map(({ error_code }) => error_code)).toEqual([null, 422, 422]);
    expect(await endpoint.stored()).toMatchObject([{ key: '42959', value: LITERAL }]);
  });

  it('gives record n of a batch the message id <Idempotency-Key>/<n>', async () => {
    const body = [normal(1), 'junk', OBJECT.replace('}', ',"messageId":"own"}'), normal(3)].join('\n');
    expect((await endpoint.post('ENTRY', body, { ...NDJSON, 'idempotency-key': 'batch' })).status).toBe(207);
    const headers = new Map((await endpoint.stored()).map((record) => [record.key, record.headers]));
    expect(Object.fromEntries(headers)).toEqual({ 1: { 'message-id': 'batch/0' }, 42959: {}, 3: { 'message-id': 'batch/3' } });
  });

  it.each([
    ['an empty NDJSON body', '\n \n', NDJSON, 400, undefined],
    ['no records', '{"records":[]}', JSON_TYPE, 400, undefined],
    ['no records, as REST proxy', '{"records":[]}', REST, 400, undefined],
    ['a REST body without records', OBJECT, REST, 400, 'records'],
    ['records that are no list', '{"records":{}}', JSON_TYPE, 400, undefined],
    ['a cut REST body', `{"records":[{"value":${OBJECT}}`, JSON_TYPE, 400, undefined],
    ['records twice', `{"records":[{"value":${OBJECT}}],"records":[{"value":${OBJECT}}]}`, REST, 400, 'records'],
    ['more than 10,000 records', `${normal(1)}\n`.repeat(10_001), NDJSON, 413, undefined],
    ['more than 8 MB', `${normal(1)}${' '.repeat(60_000)}\n`.repeat(140), NDJSON, 413, undefined],
    ['more than 8 MB of REST records', `{"records":[{"value":${OBJECT}}${' '.repeat(8_400_000)}]}`, JSON_TYPE, 413, undefined],
  ])('refuses %s as a whole', async (_name, body, headers, status, field) => {
    await expectRefusal(await endpoint.post('ENTRY', body, headers), status, field);
    expect(await endpoint.stored()).toEqual([]);
  });

  it('refuses headers that grow beyond all bounds by being repeated for each record', async () => {
    const headers = { ...NDJSON, 'x-kafka-long': Buffer.alloc(6000, 'x').toString('base64') };
    await expectRefusal(await endpoint.post('ENTRY', `${normal(1)}\n`.repeat(5000), headers), 413);
  });

  it('takes 10,000 records', async () => {
    const response = await endpoint.post('ENTRY', Array.from({ length: 10_000 }, (_, index) => normal(index)).join('\n'), NDJSON);
    expect(response.status).toBe(200);
    expect(((await response.json()) as Offsets).offsets).toHaveLength(10_000);
    expect(await endpoint.stored()).toHaveLength(10_000);
  });
});

describe('a log that can not take it (P1, P8)', () => {
  async function withLog(changes: (log: MessageLog) => Partial<MessageLog>, test: (changed: RunningEndpoint) => Promise<void>): Promise<void> {
    const changed = await startEndpoint({}, (log) => withChanges(log, changes(log)));
    try {
      await test(changed);
    } finally {
      await changed.close();
    }
  }

  it('answers only after the append has resolved', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    await withLog(
      (log) => ({ append: async (topic, records) => gate.then(() => log.append(topic, records)) }),
      async (changed) => {
        const answers: string[] = [];
        const posts = [changed.post('ENTRY', LITERAL, TEXT), changed.post('ENTRY', `${LITERAL}\n${ARRAY}`, NDJSON)].map(async (post) => answers.push(`${(await post).status}`));
        await new Promise((resolve) => setTimeout(resolve, 200));
        expect([answers, changed.accepted]).toEqual([[], {}]);
        release();
        await Promise.all(posts);
        expect([answers, changed.accepted]).toEqual([['200', '200'], { ENTRY: 3 }]);
      },
    );
  });

  it('503 with Retry-After when an append fails, for one reading and for a batch', async () => {
    const append = () => Promise.reject(new LogUnavailable('the disk is full'));
    await withLog(() => ({ append }), async (changed) => {
      for (const headers of [TEXT, NDJSON]) {
        const response = await changed.post('ENTRY', LITERAL, headers);
        expect(response.headers.get('retry-after')).toBe('1');
        expect(await expectRefusal(response, 503)).toMatch(/the disk is full/);
      }
      expect([changed.accepted, changed.refused, changed.errors]).toEqual([{}, [503, 503], []]);
    });
  });

  it('503 before the body is read while the log is unavailable; the health check stays', async () => {
    await endpoint.log.close();
    const socket = await endpoint.connect();
    socket.write('POST /topics/ENTRY/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{');
    const answer = await new Promise<string>((resolve) => socket.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    expect(answer).toMatch(/^HTTP\/1.1 503 [^]*retry-after: 1[^]*the message log is closed/i);
    socket.destroy();
    expect((await fetch(`${endpoint.url}/_ping`)).status).toBe(200);
  });

  it('500 for what should not happen, without its details', async () => {
    await withLog(() => ({ append: () => Promise.reject(new TypeError('secret')) }), async (changed) => {
      expect(await expectRefusal(await changed.post('ENTRY', LITERAL, TEXT), 500)).not.toMatch(/secret/);
      expect(changed.errors).toEqual([new TypeError('secret')]);
    });
  });
});
