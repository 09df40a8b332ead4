import { NoConsole, withApi } from './with-api.js';

describe('withApi', () => {
  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });

  it.each(['process', 'ingest'])('says what is missing where VIGIA_ROLES is %s', async (roles) => {
    Object.assign(process.env, { VIGIA_ROLES: roles, KAFKA_BROKERS: '127.0.0.1:1', EVENTSTORE_URL: 'esdb://127.0.0.1:1' });
    await expect(withApi(() => Promise.resolve())).rejects.toThrow(NoConsole);
    await expect(withApi(() => Promise.resolve())).rejects.toThrow(`needs a process with role project, notify or console, but VIGIA_ROLES is ${roles}`);
  });
});
