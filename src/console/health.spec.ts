import { ConsoleBench } from '../../test/support/console-bench.js';
import * as schemas from './response-schemas.js';

let bench: ConsoleBench;
beforeAll(async () => {
  bench = await ConsoleBench.start();
});
afterAll(() => bench.stop());

describe('health', () => {
  it.each([
    [['up', 'up'], 'up', 200],
    [['up', 'degraded'], 'degraded', 200],
    [['degraded', 'down', 'up'], 'down', 503],
  ] as const)('of %j is %s', async (statuses, status, code) => {
    bench.healthParts.splice(0, Infinity, ...statuses.map((part, index) => ({ name: `part ${index}`, status: part, detail: 'as it is', lagEvents: index })));
    const answer = await bench.get('/api/health');
    expect(answer.status).toBe(code);
    expect(schemas.health.parse(answer.body)).toMatchObject({ status, parts: statuses.map((part) => ({ status: part })) });
  });
});

describe('metrics', () => {
  it('are those of the process and of the console', async () => {
    const { status, headers, body } = await bench.get<string>('/metrics');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
    expect(body).toMatch(/^process_cpu_seconds_total \d/m);
    expect(body).toMatch(/^vigia_console_live_clients 0$/m);
    expect(body).toMatch(/^vigia_console_live_clients_cut_total 0$/m);
    expect(body).toMatch(/^vigia_console_live_clients_displaced_total 0$/m);
    expect(body).toMatch(/^vigia_console_live_unread_bytes 0$/m);
  });
});

describe('the metric of the parts', () => {
  const statuses = async (): Promise<string[]> => (await bench.get<string>('/metrics')).body.split('\n').filter((line) => line.startsWith('vigia_part_status{'));

  it('is 1 for the status of each part, and forgets a part that is gone', async () => {
    bench.healthParts.splice(0, Infinity, { name: 'disk', status: 'degraded', detail: 'little room' }, { name: 'customers', status: 'up', detail: 'some' });
    expect(await statuses()).toEqual([
      'vigia_part_status{part="disk",status="up"} 0',
      'vigia_part_status{part="disk",status="degraded"} 1',
      'vigia_part_status{part="disk",status="down"} 0',
      'vigia_part_status{part="customers",status="up"} 1',
      'vigia_part_status{part="customers",status="degraded"} 0',
      'vigia_part_status{part="customers",status="down"} 0',
    ]);
    bench.healthParts.splice(0, Infinity, { name: 'disk', status: 'up', detail: 'room' });
    expect(await statuses()).toHaveLength(3);
  });
});

describe('the OpenAPI document', () => {
  it('describes every route with its parameters and answers', async () => {
    const { body } = await bench.get<{ paths: Record<string, Record<string, { parameters?: { name: string; in: string; schema: object }[]; responses: Record<string, object> }>> }>('/api/openapi.json');
    expect(Object.keys(body.paths).sort()).toEqual(expect.arrayContaining([
      '/api/alarms', '/api/alarms/{id}', '/api/audit/sensors/{id}', '/api/counts', '/api/customers/{id}', '/api/health', '/api/live',
      '/api/mailbox', '/api/mailbox/{name}', '/api/map', '/api/operations/rebuild', '/api/operations/reconcile', '/api/sensors/{id}', '/metrics',
    ]));
    const list = body.paths['/api/alarms']?.['get'];
    expect(list?.parameters?.map(({ name }) => name)).toEqual(['status', 'acknowledged', 'type', 'email', 'zone', 'cell', 'sensor', 'from', 'to', 'order', 'limit', 'cursor']);
    expect(list?.parameters?.find(({ name }) => name === 'limit')?.schema).toMatchObject({ type: 'integer', minimum: 1, maximum: 500, default: 50 });
    for (const path of ['/api/alarms', '/api/counts', '/api/export/alarms.csv', '/api/export/counts.csv']) {
      const type = body.paths[path]?.['get']?.parameters?.find(({ name }) => name === 'type');
      expect({ path, type }).toMatchObject({
        type: { in: 'query', required: false, description: 'one or more of motion, smoke, temperature, with commas between them', schema: { type: 'string', pattern: '^(motion|smoke|temperature)(,(motion|smoke|temperature))*$' } },
      });
    }
    expect(list?.responses['200']).toMatchObject({ content: { 'application/json': { schema: { properties: { items: { items: { $ref: '#/components/schemas/Alarm' } } } } } } });
    for (const path of Object.values(body.paths)) {
      for (const operation of Object.values(path)) expect(operation.responses['default']).toMatchObject({ content: { 'application/problem+json': {} } });
    }
  });

  it('every reference in it leads somewhere', async () => {
    const { body } = await bench.get<{ components: { schemas: Record<string, object> } }>('/api/openapi.json');
    const references = [...JSON.stringify(body).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference as string);
    expect(references).toContain('#/components/schemas/Alarm');
    expect(references.filter((reference) => !Object.keys(body.components.schemas).some((name) => reference === `#/components/schemas/${name}`))).toEqual([]);
  });
});
