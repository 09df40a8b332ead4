import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { received } from '../../test/support/running-endpoint.js';
import { AccessControl } from '../access/access-control.js';
import { systemClock } from '../clock.js';
import { readConfig } from '../config.js';
import { apiAdapter } from './status.module.js';

describe('a request that does not come to its end in time', () => {
  it.each([
    ['headers', 'POST /api/session HTTP/1.1\r\nHost:'],
    ['a body', 'POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{'],
  ])('408 for one whose %s never end', async (_what, begun) => {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-slow-'));
    const config = readConfig({ VIGIA_DATA_DIR: dir });
    const server = apiAdapter(config, await AccessControl.open(config, systemClock), [], 500).getInstance();
    server.post('/api/session', { config: { access: 'anyone' } }, async () => ({}));
    await server.listen({ host: '127.0.0.1', port: 0 });
    try {
      const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
      await once(socket, 'connect');
      const answer = received(socket, () => false);
      socket.write(begun);
      expect(await answer).toMatch(/^HTTP\/1\.1 408 /);
    } finally {
      await server.close();
      rmSync(dir, { recursive: true });
    }
  });
});
