import { readFileSync } from 'node:fs';
import { EventStoreDBClient } from '@eventstore/db-client';
import { systemClock } from '../clock.js';
import { asReadable, insideOf, UnknownEventStoreClient } from './esdb-client-inside.js';
import { EsdbConnection } from './esdb-connection.js';

/** Nothing is sent before the first call. */
const client = () => EventStoreDBClient.connectionString('esdb://127.0.0.1:1?tls=false');

function without(name: string): EventStoreDBClient {
  return new Proxy(client(), {
    get: (target, property) => (property === name ? undefined : (Reflect.get(target, property) as unknown)),
    getOwnPropertyDescriptor: (target, property) => (property === name ? undefined : Reflect.getOwnPropertyDescriptor(target, property)),
    getPrototypeOf: (target) => (name === 'capabilities' ? null : Reflect.getPrototypeOf(target)),
  });
}

describe('the inside of the client', () => {
  it('has what is used of it, in the version that is installed', () => {
    const inside = client();
    expect(insideOf(inside)).toBe(inside);
    const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { dependencies: Record<string, string> };
    expect(new UnknownEventStoreClient('it').message).toContain(`@eventstore/db-client ${dependencies['@eventstore/db-client']} exactly`);
  });

  it.each(['GRPCStreamCreator', 'getChannel', 'capabilities'])('is refused without %s, by the version that is needed', async (name) => {
    expect(() => insideOf(without(name))).toThrow(`has no ${name}; this needs @eventstore/db-client 6.2.1 exactly`);
    const connection = new EsdbConnection(() => without(name), { clock: systemClock, connectMs: 1000 });
    await expect(connection.use()).rejects.toThrow(UnknownEventStoreClient);
    await connection.close();
  });

  it('gives reads that are streams', () => {
    const read = client().readAll();
    expect(asReadable(read)).toBe(read);
    expect(() => asReadable({ [Symbol.asyncIterator]: null })).toThrow(UnknownEventStoreClient);
    read.on('error', () => undefined);
    void read.cancel().catch(() => undefined);
  });
});

describe('a connection', () => {
  it('tries anew after a client that could not be made', async () => {
    let made = 0;
    const connection = new EsdbConnection(
      () => {
        made += 1;
        throw new Error('the certificate was not found');
      },
      { clock: systemClock, connectMs: 1000 },
    );
    for (let tries = 0; tries < 2; tries += 1) await expect(connection.use()).rejects.toThrow('certificate');
    expect(made).toBe(2);
    await connection.close();
  });
});
