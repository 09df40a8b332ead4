import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopAll } from '../acceptance/child.js';
import { Product } from '../acceptance/product.js';
import { runSchemathesis } from './schemathesis.js';
import { freePort } from './server-process.js';

/** Cases for each operation and phase. More on demand: SCHEMATHESIS_EXAMPLES=200 npm run test:servers -- schemathesis. */
const EXAMPLES = process.env['SCHEMATHESIS_EXAMPLES'] ?? '10';
const SENSORS = 20;

const CHECKS = ['not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_headers_conformance', 'response_schema_conformance'];

/** Calls that the OpenAPI document allows and calls that it does not, drawn by a program that knows nothing of Vigía but that document. */
describe('Schemathesis on the API', () => {
  const dir = mkdtempSync(join(tmpdir(), 'vigia-schemathesis-'));
  afterAll(async () => {
    await stopAll();
    rmSync(dir, { recursive: true });
  });

  it('finds no call that is answered as a fault of the server, or not as the document says, and the process goes on', async () => {
    const product = new Product({ dataDir: join(dir, 'data'), logFile: join(dir, 'log') }, { ingest: await freePort(), console: await freePort() }, SENSORS);
    product.start();
    await product.waitUntilUp();
    for (let sensor = 1; sensor <= SENSORS; sensor += 1) {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${product.ingestUrl}/topics/ENTRY/messages`, { method: 'POST', headers, body: `[${sensor},true,true,20,30]` });
      expect(answer.status).toBe(200);
    }
    await product.waitUntilSettled();
    // A stream without an end is no call that comes to its end.
    const options = ['--exclude-path', '/api/live', '--checks', CHECKS.join(), '--phases', 'examples,coverage,fuzzing', '--max-examples', EXAMPLES, '--seed', '9', '--request-timeout', '20'];
    const { code, output } = await runSchemathesis(dir, `${product.consoleUrl}/api/openapi.json`, ...options);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/[1-9]\d+ generated, [1-9]\d+ passed/) });
    await product.waitUntilSettled();
    expect((await product.interrupt()).code).toBe(0);
  }, 300_000);
});
