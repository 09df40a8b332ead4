import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  ANY,
  BACKWARDS,
  END,
  EventStoreDBClient,
  eventTypeFilter,
  jsonEvent,
  NO_STREAM,
  persistentSubscriptionToStreamSettingsFromDefaults,
  START,
  streamNameFilter,
  STREAM_EXISTS,
  type EventData,
} from '@eventstore/db-client';
import { EventStoreDbDouble, type DoubleOptions } from './eventstoredb-double.js';
import { all } from '../../support/outcomes.js';

describe('the double of EventStoreDB, seen by its unmodified client', () => {
  let double: EventStoreDbDouble;
  const clients: EventStoreDBClient[] = [];

  async function start(options: DoubleOptions = {}): Promise<EventStoreDBClient> {
    double = await EventStoreDbDouble.start(options);
    return connect(double.url);
  }
  function connect(url: string): EventStoreDBClient {
    const client = EventStoreDBClient.connectionString(url);
    clients.push(client);
    return client;
  }
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.dispose()));
    await double.stop();
  });

  describe.each([
    ['BatchAppend', true],
    ['Append', false],
  ])('%s', (_name, isBatchAppendKnown) => {
    it('minds the expected revision', async () => {
      const client = await start({ isBatchAppendKnown });
      await expect(client.appendToStream('a', events(1), { expectedRevision: STREAM_EXISTS })).rejects.toMatchObject({ type: 'wrong-expected-version' });
      expect(await client.appendToStream('a', events(2), { expectedRevision: NO_STREAM })).toMatchObject({ success: true, nextExpectedRevision: 1n });
      expect((await client.appendToStream('a', events(1), { expectedRevision: 1n })).nextExpectedRevision).toBe(2n);
      expect((await client.appendToStream('a', events(1), { expectedRevision: STREAM_EXISTS })).nextExpectedRevision).toBe(3n);
      const wrong = { type: 'wrong-expected-version', streamName: 'a' };
      await expect(client.appendToStream('a', events(1), { expectedRevision: 1n })).rejects.toMatchObject({ ...wrong, expectedVersion: 1n, actualVersion: 3n });
      await expect(client.appendToStream('a', events(1), { expectedRevision: NO_STREAM })).rejects.toMatchObject({ expectedVersion: 'no_stream', actualVersion: 3n });
      await expect(client.appendToStream('none', events(1), { expectedRevision: 0n })).rejects.toMatchObject({ actualVersion: 'no_stream' });
    });

    it('recognises repeats as the server does: by ids at the expected place, for any among remembered ids of the stream', async () => {
      const client = await start({ isBatchAppendKnown });
      const [one, two] = [events(2), events(2)];
      const first = await client.appendToStream('a', one, { expectedRevision: NO_STREAM });
      const second = await client.appendToStream('a', two, { expectedRevision: 1n });
      expect(await client.appendToStream('a', one, { expectedRevision: NO_STREAM })).toEqual(first);
      expect(await client.appendToStream('a', two, { expectedRevision: 1n })).toEqual(second);
      expect(await client.appendToStream('a', one, { expectedRevision: ANY })).toEqual(first);
      await expect(client.appendToStream('a', [...one, ...events(1)], { expectedRevision: NO_STREAM })).rejects.toMatchObject({ actualVersion: 3n });
      await expect(client.appendToStream('a', [one[0]!, ...events(1)], { expectedRevision: ANY })).rejects.toMatchObject({ actualVersion: 3n });
      expect((await client.appendToStream('b', one, { expectedRevision: ANY })).nextExpectedRevision).toBe(1n);
      expect(await all(client.readStream('a'))).toHaveLength(4);
    });

    it('refuses more than 1 MiB in one append by name', async () => {
      const client = await start({ isBatchAppendKnown });
      const large = [0, 1].map(() => jsonEvent({ type: 'Large', data: { text: 'x'.repeat(600_000) } }));
      await expect(client.appendToStream('a', large)).rejects.toMatchObject({ type: 'maximum-append-size-exceeded', maxAppendSize: 1048576 });
      await client.appendToStream('a', large.slice(0, 1));
      expect(await all(client.readStream('a'))).toHaveLength(1);
    });
  });

  describe('Read', () => {
    it('of a stream goes both ways from a revision, with a limit', async () => {
      const client = await start();
      await client.appendToStream('a', events(10));
      const read = async (options: Parameters<EventStoreDBClient['readStream']>[1]) =>
        (await all(client.readStream('a', options))).map((resolved) => Number(resolved.event?.revision));
      expect(await read({ fromRevision: START, maxCount: 3 })).toEqual([0, 1, 2]);
      expect(await read({ fromRevision: 8n })).toEqual([8, 9]);
      expect(await read({ fromRevision: 20n })).toEqual([]);
      expect(await read({ direction: BACKWARDS, fromRevision: END, maxCount: 2 })).toEqual([9, 8]);
      expect(await read({ direction: BACKWARDS, fromRevision: 1n })).toEqual([1, 0]);
      await expect(all(client.readStream('none'))).rejects.toMatchObject({ type: 'stream-not-found' });
    });

    it('of $all goes both ways from a position; positions are not dense, and name the start of an append only in reads of a stream', async () => {
      const client = await start();
      const { position } = await client.appendToStream('a', events(3));
      await client.appendToStream('b', events(1));
      const everything = await all(client.readAll());
      const commits = everything.map((resolved) => resolved.event?.position?.commit ?? -1n);
      expect(commits[2]).toBe(position?.commit);
      expect(commits.slice(1).every((commit, index) => commit - (commits[index] ?? 0n) > 50n)).toBe(true);
      expect(everything.every(({ event }) => event?.position.prepare === event?.position.commit)).toBe(true);
      const ofStream = (await all(client.readStream('a'))).map((resolved) => resolved.event?.position);
      expect(ofStream.map((one) => one?.commit)).toEqual(commits.slice(0, 3));
      expect(ofStream.map((one) => one?.prepare)).toEqual([commits[0], commits[0], commits[0]]);
      const from = { commit: commits[2] ?? 0n, prepare: commits[2] ?? 0n };
      const streams = async (options: Parameters<EventStoreDBClient['readAll']>[0]) =>
        (await all(client.readAll(options))).map((resolved) => `${resolved.event?.streamId} ${resolved.event?.revision}`);
      expect(await streams({ fromPosition: from })).toEqual(['a 2', 'b 0']);
      expect(await streams({ fromPosition: from, direction: BACKWARDS })).toEqual(['a 1', 'a 0']);
      expect(await streams({ fromPosition: END, direction: BACKWARDS, maxCount: 1 })).toEqual(['b 0']);
    });

    it('gives what was sent, with the time', async () => {
      const client = await start({ now: () => Date.UTC(2026, 0, 2) });
      const sent = jsonEvent({ id: randomUUID(), type: 'Ñ', data: { a: ['ü'] }, metadata: { b: 1 } });
      await client.appendToStream('ströme', sent);
      const [read] = await all(client.readStream('ströme'));
      expect(read?.event).toMatchObject({ id: sent.id, type: 'Ñ', data: { a: ['ü'] }, metadata: { b: 1 }, isJson: true, created: new Date('2026-01-02T00:00:00Z') });
    });
  });

  describe('a subscription', () => {
    it('to a stream gives what is there, says that it has caught up, and goes on', async () => {
      const client = await start();
      await client.appendToStream('a', events(3));
      const subscription = client.subscribeToStream('a', { fromRevision: 0n });
      const seen: string[] = [];
      subscription.on('confirmation', () => seen.push('confirmation'));
      subscription.on('caughtUp', () => seen.push('caught-up'));
      subscription.on('data', ({ event }) => seen.push(String(event?.revision)));
      await eventually(() => seen.length === 4);
      await client.appendToStream('b', events(1));
      await client.appendToStream('a', events(1));
      await eventually(() => seen.length === 5);
      expect(seen).toEqual(['confirmation', '1', '2', 'caught-up', '3']);
    });

    it('to $all with a filter gives checkpoints between, before and after it has caught up', async () => {
      const client = await start();
      for (let index = 0; index < 20; index += 1) await client.appendToStream(`other-${index}`, events(1));
      await client.appendToStream('mine-1', events(1));
      const seen: (string | bigint)[] = [];
      const checkpointReached = async (_subscription: unknown, position: { commit: bigint }) => void seen.push(position.commit);
      const filter = streamNameFilter({ prefixes: ['mine-'], maxSearchWindow: 5, checkpointInterval: 2, checkpointReached });
      const subscription = client.subscribeToAll({ filter });
      subscription.on('data', ({ event }) => seen.push(String(event?.streamId)));
      subscription.on('caughtUp', () => seen.push('caught-up'));
      await eventually(() => seen.includes('caught-up'));
      const positions = double.log.all.map((record) => BigInt(record.position));
      expect(seen).toEqual([positions[9], positions[19], 'mine-1', 'caught-up']);
      for (let index = 0; index < 9; index += 1) await client.appendToStream('late', events(1));
      await eventually(() => seen.length === 5);
      expect(seen[4]).toBe(BigInt(double.log.all[29]?.position ?? 0));
    });

    it('filters by a regular expression of the type', async () => {
      const client = await start();
      await client.appendToStream('a', ['One', 'Two', 'OneMore'].map((type) => jsonEvent({ type, data: {} })));
      const subscription = client.subscribeToAll({ filter: eventTypeFilter({ regex: '^(One|Three)$' }) });
      const seen: (string | undefined)[] = [];
      subscription.on('data', ({ event }) => seen.push(event?.type));
      await once(subscription, 'caughtUp');
      expect(seen).toEqual(['One']);
    });

    it('misses the event after a scavenged one that it begins behind, as the server does', async () => {
      const client = await start();
      const { position } = await client.appendToStream('a', events(1));
      await client.appendToStream('a', events(2));
      await client.setStreamMetadata('a', { truncateBefore: 1 });
      double.log.scavenge();
      const subscription = client.subscribeToAll({ fromPosition: position!, filter: streamNameFilter({ prefixes: ['a'] }) });
      const seen: (bigint | undefined)[] = [];
      subscription.on('data', ({ event }) => seen.push(event?.revision));
      await once(subscription, 'caughtUp');
      expect(seen).toEqual([2n]);
    });
  });

  describe('metadata and deletion', () => {
    it('hide events by count, age and revision; $all has them until a scavenge', async () => {
      let now = 0;
      const client = await start({ now: () => now });
      await client.appendToStream('a', events(3));
      now = 10_000;
      await client.appendToStream('a', events(3));
      const visible = async () => (await all(client.readStream('a'))).map(({ event }) => Number(event?.revision));
      await client.setStreamMetadata('a', { maxCount: 4 });
      expect(await visible()).toEqual([2, 3, 4, 5]);
      await client.setStreamMetadata('a', { maxAge: 5 });
      expect(await visible()).toEqual([3, 4, 5]);
      await client.setStreamMetadata('a', { truncateBefore: 5 });
      expect(await visible()).toEqual([5]);
      expect((await client.getStreamMetadata('a')).metadata).toMatchObject({ truncateBefore: 5 });
      expect(double.log.all.filter((record) => record.stream === 'a')).toHaveLength(6);
      double.log.scavenge();
      expect(double.log.all.filter((record) => record.stream === 'a')).toHaveLength(1);
    });

    it('delete softly: the stream is not found, and goes on at the next revision', async () => {
      const client = await start();
      await client.appendToStream('a', events(2));
      await client.deleteStream('a');
      await expect(all(client.readStream('a'))).rejects.toMatchObject({ type: 'stream-not-found' });
      expect((await client.appendToStream('a', events(1), { expectedRevision: NO_STREAM })).nextExpectedRevision).toBe(2n);
      expect((await all(client.readStream('a'))).map(({ event }) => event?.revision)).toEqual([2n]);
      await expect(client.deleteStream('never')).rejects.toMatchObject({ type: 'wrong-expected-version' });
    });

    it('end a stream for good by a tombstone', async () => {
      const client = await start();
      await client.appendToStream('a', events(2));
      await client.tombstoneStream('a');
      await expect(all(client.readStream('a'))).rejects.toMatchObject({ type: 'stream-deleted' });
      await expect(client.appendToStream('a', events(1))).rejects.toMatchObject({ type: 'stream-deleted' });
      await expect(client.deleteStream('a')).rejects.toMatchObject({ type: 'stream-deleted' });
    });
  });

  it('is found by gossip', async () => {
    await start();
    const { port } = new URL(double.httpUrl);
    const client = connect(`esdb+discover://127.0.0.1:${port}?tls=false`);
    expect((await client.appendToStream('a', events(1))).success).toBe(true);
  });

  it('serves health and metrics by HTTP on the same port', async () => {
    await start();
    expect((await fetch(`${double.httpUrl}/health/live`)).status).toBe(204);
    expect(await (await fetch(`${double.httpUrl}/metrics`)).text()).toContain('eventstore_checkpoints{name="writer"');
    double.faults.isNotReady = true;
    expect((await fetch(`${double.httpUrl}/health/live`)).status).toBe(503);
  });

  it('gives events to the readers of a persistent subscription in turn, and again when they say so', async () => {
    const client = await start();
    await client.appendToStream('a', events(3));
    await client.createPersistentSubscriptionToStream('a', 'g', persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START }));
    await expect(client.createPersistentSubscriptionToStream('a', 'g', persistentSubscriptionToStreamSettingsFromDefaults())).rejects.toMatchObject({
      type: 'persistent-subscription-exists',
    });
    const subscription = client.subscribeToPersistentSubscriptionToStream('a', 'g', { bufferSize: 1 });
    const seen: string[] = [];
    for await (const resolved of subscription) {
      seen.push(`${resolved.event?.revision} ${resolved.retryCount}`);
      if (seen.length === 1) await subscription.nack('retry', 'not yet', resolved);
      else if (seen.length === 3) await subscription.nack('park', 'bad', resolved);
      else await subscription.ack(resolved);
      if (seen.length === 4) break;
    }
    expect(seen).toEqual(['0 0', '0 1', '1 0', '2 0']);
    await eventually(async () => (await client.getPersistentSubscriptionToStreamInfo('a', 'g')).stats.parkedMessageCount === 1n);
    await client.deletePersistentSubscriptionToStream('a', 'g');
    await expect(client.deletePersistentSubscriptionToStream('a', 'g')).rejects.toMatchObject({ type: 'persistent-subscription-does-not-exist' });
  });

  describe('on demand', () => {
    it('is not ready', async () => {
      const client = await start();
      double.faults.isNotReady = true;
      await expect(client.appendToStream('a', events(1))).rejects.toMatchObject({ code: 14 });
      double.faults.isNotReady = false;
      expect((await client.appendToStream('a', events(1))).success).toBe(true);
    });

    it('applies an append and cuts the connection', async () => {
      const client = await start();
      await client.appendToStream('a', events(1));
      double.faults.cutsAfterApplying = 1;
      await expect(client.appendToStream('a', events(1))).rejects.toBeDefined();
      await eventually(async () => (await all(client.readStream('a')).catch(() => [])).length === 2);
    });

    it('delays answers, times out, or gives none', async () => {
      const client = await start();
      double.faults.appendDelayMs = 100;
      const started = performance.now();
      await client.appendToStream('a', events(1));
      expect(performance.now() - started).toBeGreaterThanOrEqual(99);
      double.faults.appendDelayMs = 0;
      double.faults.timedOutAppends = 1;
      await expect(client.appendToStream('a', events(1))).rejects.toMatchObject({ type: 'deadline-exceeded' });
      double.faults.swallowedAppends = 1;
      const unanswered = client.appendToStream('a', events(1));
      unanswered.catch(() => {});
      expect(await Promise.race([unanswered, pause(50).then(() => 'nothing')])).toBe('nothing');
      expect(double.log.all).toHaveLength(1);
    });

    it('stalls the subscriptions that are open, and not new ones', async () => {
      const client = await start();
      const seen: string[] = [];
      const follow = (name: string) => client.subscribeToAll().on('data', () => seen.push(name)).once('caughtUp', () => seen.push(`${name} caught up`));
      follow('old');
      await eventually(() => seen.length === 1);
      double.faults.stallSubscriptions();
      follow('new');
      await client.appendToStream('a', events(1));
      await eventually(() => seen.includes('new'));
      expect(seen).not.toContain('old');
      double.faults.resumeSubscriptions();
      await eventually(() => seen.includes('old'));
    });

    it('restarts with its data; repeats of any from before are not recognised, as on the server', async () => {
      const client = await start();
      const batch = events(2);
      await client.appendToStream('a', batch);
      await double.stop();
      await expect(client.appendToStream('a', events(1))).rejects.toBeDefined();
      await double.start();
      await eventually(async () => (await all(client.readStream('a')).catch(() => [])).length === 2);
      expect((await client.appendToStream('a', batch, { expectedRevision: NO_STREAM })).nextExpectedRevision).toBe(1n);
      expect((await client.appendToStream('a', batch, { expectedRevision: ANY })).nextExpectedRevision).toBe(3n);
    });
  });

  it('runs as a program and keeps its log in a file when it is killed, also in the middle of a line', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vigia-esdb-'));
    try {
      const file = join(dir, 'events.jsonl');
      const program = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(new URL('./main.ts', import.meta.url)), '--port', '0', '--file', file]);
      const [url] = (await once(program.stdout.setEncoding('utf8'), 'data')) as [string];
      const batch = events(2);
      await connect(url.trim()).appendToStream('a', batch);
      program.kill('SIGKILL');
      await once(program, 'exit');
      appendFileSync(file, '[{"stream":"a","revision":2,');
      const client = await start({ file });
      expect((await all(client.readStream('a'))).map(({ event }) => event?.id)).toEqual(batch.map((one) => one.id));
      expect((await client.appendToStream('a', events(1), { expectedRevision: 1n })).nextExpectedRevision).toBe(2n);
      await double.stop();
      expect(await all((await start({ file })).readStream('a'))).toHaveLength(3);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

function events(count: number): EventData[] {
  return Array.from({ length: count }, (_, index) => jsonEvent({ type: 'Something', data: { index } }));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (await isSo()) return;
    await pause(10);
  }
  throw new Error('did not come about in 5 s');
}
