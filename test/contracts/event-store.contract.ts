import { randomUUID } from 'node:crypto';
import {
  EventTooLarge,
  InvalidAppend,
  MAX_EVENT_BYTES,
  OutcomeUnknown,
  StoreUnavailable,
  WrongExpectedRevision,
  type EventFilter,
  type EventStore,
  type EventToAppend,
  type Position,
  type RecordedEvent,
  type SubscriptionMessage,
} from '../../src/event-store/event-store.js';
import { all, rejection, repeatedly } from '../support/outcomes.js';

/** A place that keeps events; every `open` connects to the same ones. */
export interface EventStoreHome {
  open(): Promise<EventStore>;
  remove(): Promise<void>;
  readonly faults: StoreFaults;
}

export interface StoreFaults {
  /** The next append is stored, or not, and its outcome is not told. */
  loseNextOutcome(wasStored: boolean): void;
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
}

/**
 * What every adapter of the event store's port must do. Streams have names of their own in every run and
 * events of others are passed over, so that the suite also runs against a server that is in use. One that does
 * not fail on demand skips the cases which need that.
 */
export function eventStoreContract(name: string, createHome: () => Promise<EventStoreHome>, { failsOnDemand = true } = {}): void {
  describe(`${name} as an event store`, () => {
    let home: EventStoreHome;
    let store: EventStore;
    let run: string;
    /** Streams `<run>-a`, `<run>-b`…; no other test has this prefix. */
    const stream = (of = 'a') => `${run}-${of}`;
    const ours = (): EventFilter => ({ streamPrefixes: [`${run}-`] });

    beforeAll(async () => {
      home = await createHome();
      store = await home.open();
    });
    afterAll(async () => {
      await store.close();
      await home.remove();
    });
    beforeEach(() => {
      run = `t${randomUUID().slice(0, 13).replace('-', '')}`;
    });

    describe('append with an expected revision', () => {
      it('begins a stream at revision 0 with no-stream', async () => {
        expect((await store.append(stream(), [event()], 'no-stream')).revision).toBe(0n);
      });

      it('gives the revision and position of the last event', async () => {
        const result = await store.append(stream(), events(3), 'no-stream');
        const last = (await all(store.readStream(stream()))).at(-1);
        expect(result).toEqual({ revision: 2n, position: last?.position });
      });

      it('refuses no-stream for a stream that has events, and names the revision', async () => {
        await store.append(stream(), events(2), 'no-stream');
        const error = await rejection(store.append(stream(), [event()], 'no-stream'));
        expect(error).toBeInstanceOf(WrongExpectedRevision);
        expect(error).toMatchObject({ stream: stream(), expected: 'no-stream', actual: 1n });
      });

      it('goes on from the exact revision', async () => {
        await store.append(stream(), events(2), 'no-stream');
        expect((await store.append(stream(), events(2), 1n)).revision).toBe(3n);
      });

      it('refuses a revision that has been passed', async () => {
        await store.append(stream(), events(3), 'no-stream');
        expect(await rejection(store.append(stream(), [event()], 1n))).toMatchObject({ name: 'WrongExpectedRevision', expected: 1n, actual: 2n });
      });

      it('refuses a revision that is not reached yet', async () => {
        await store.append(stream(), [event()], 'no-stream');
        expect(await rejection(store.append(stream(), [event()], 1n))).toMatchObject({ name: 'WrongExpectedRevision', expected: 1n, actual: 0n });
      });

      it('refuses a revision of a stream that does not exist', async () => {
        expect(await rejection(store.append(stream(), [event()], 0n))).toMatchObject({ name: 'WrongExpectedRevision', expected: 0n, actual: null });
        expect(await all(store.readStream(stream()))).toEqual([]);
      });

      it('takes any for a new stream and for one that has events', async () => {
        expect((await store.append(stream(), [event()], 'any')).revision).toBe(0n);
        expect((await store.append(stream(), [event()], 'any')).revision).toBe(1n);
      });

      it('stores nothing of a refused append', async () => {
        await store.append(stream(), [event()], 'no-stream');
        await rejection(store.append(stream(), events(3), 'no-stream'));
        expect(await all(store.readStream(stream()))).toHaveLength(1);
      });

      it('counts the revisions of each stream alone', async () => {
        await store.append(stream('a'), events(2), 'no-stream');
        expect((await store.append(stream('b'), [event()], 'no-stream')).revision).toBe(0n);
        expect((await store.append(stream('a'), [event()], 1n)).revision).toBe(2n);
      });

      it('stores nothing for an append without events', async () => {
        await store.append(stream(), [], 'any');
        expect(await all(store.readStream(stream()))).toEqual([]);
        expect((await store.append(stream(), [event()], 'no-stream')).revision).toBe(0n);
        await store.append(stream(), [], 0n);
        expect(await all(store.readStream(stream()))).toHaveLength(1);
      });

      it('lets exactly one of 64 writers win each revision', async () => {
        const winners: bigint[] = [];
        let conflicts = 0;
        for (let round = 0; round < 4; round += 1) {
          const expected = round === 0 ? 'no-stream' : BigInt(round - 1);
          const results = await Promise.allSettled(Array.from({ length: 64 }, () => store.append(stream(), [event()], expected)));
          for (const result of results) {
            if (result.status === 'fulfilled') winners.push(result.value.revision);
            else if (result.reason instanceof WrongExpectedRevision) conflicts += 1;
            else throw result.reason;
          }
        }
        expect(winners).toEqual([0n, 1n, 2n, 3n]);
        expect(conflicts).toBe(4 * 63);
        expect(await revisions(store.readStream(stream()))).toEqual([0n, 1n, 2n, 3n]);
      });

      it('gives concurrent appends to any dense revisions', async () => {
        const results = await Promise.all(Array.from({ length: 64 }, () => store.append(stream(), [event()], 'any')));
        const expected = Array.from({ length: 64 }, (_, index) => BigInt(index));
        expect(results.map((result) => result.revision).sort(byNumber)).toEqual(expected);
        expect(await revisions(store.readStream(stream()))).toEqual(expected);
      });
    });

    describe('a repeated append', () => {
      it('to no-stream gives the first result and stores nothing', async () => {
        const batch = events(3);
        const first = await store.append(stream(), batch, 'no-stream');
        expect(await store.append(stream(), batch, 'no-stream')).toEqual(first);
        expect(await all(store.readStream(stream()))).toHaveLength(3);
      });

      it('to an exact revision gives the first result', async () => {
        await store.append(stream(), [event()], 'no-stream');
        const batch = events(2);
        const first = await store.append(stream(), batch, 0n);
        expect(await store.append(stream(), batch, 0n)).toEqual(first);
        expect(await all(store.readStream(stream()))).toHaveLength(3);
      });

      it('to any gives the first result', async () => {
        await store.append(stream(), [event()], 'any');
        const batch = events(2);
        const first = await store.append(stream(), batch, 'any');
        expect(await store.append(stream(), batch, 'any')).toEqual(first);
        expect(await all(store.readStream(stream()))).toHaveLength(3);
      });

      it('is recognised after other appends to the stream', async () => {
        const [one, two] = [events(2), events(2)];
        const first = await store.append(stream(), one, 'no-stream');
        const second = await store.append(stream(), two, 1n);
        await store.append(stream(), [event()], 3n);
        expect(await store.append(stream(), one, 'no-stream')).toEqual(first);
        expect(await store.append(stream(), two, 1n)).toEqual(second);
        expect(await all(store.readStream(stream()))).toHaveLength(5);
      });

      it('is made by many at once without a second copy', async () => {
        const batch = events(2);
        const results = await Promise.all(Array.from({ length: 16 }, () => store.append(stream(), batch, 'no-stream')));
        expect(new Set(results.map((result) => result.revision))).toEqual(new Set([1n]));
        expect(await all(store.readStream(stream()))).toHaveLength(2);
      });

      it('is refused when only its first event is there', async () => {
        const [first, second] = events(2);
        await store.append(stream(), [first!], 'no-stream');
        expect(await rejection(store.append(stream(), [first!, second!], 'no-stream'))).toBeInstanceOf(WrongExpectedRevision);
        expect(await all(store.readStream(stream()))).toHaveLength(1);
      });

      it('is refused when its first event is there and another than its second follows', async () => {
        const [first, second, other] = events(3);
        await store.append(stream(), [first!, other!], 'no-stream');
        expect(await rejection(store.append(stream(), [first!, second!], 'no-stream'))).toBeInstanceOf(WrongExpectedRevision);
        expect(await all(store.readStream(stream()))).toHaveLength(2);
      });

      it('is refused at another place than that of the first', async () => {
        const batch = events(2);
        await store.append(stream(), [event()], 'no-stream');
        await store.append(stream(), batch, 0n);
        expect(await rejection(store.append(stream(), batch, 'no-stream'))).toBeInstanceOf(WrongExpectedRevision);
      });

      it('is another append in another stream', async () => {
        const batch = events(2);
        await store.append(stream('a'), batch, 'no-stream');
        await store.append(stream('b'), batch, 'no-stream');
        expect(await ids(store.readStream(stream('b')))).toEqual(batch.map((one) => one.id));
      });
    });

    describe('an event', () => {
      it('comes back as it was', async () => {
        const sent = event({ sensorId: 42959, alarmType: 'smoke' }, { schemaVersion: 1, messageId: null });
        const { position } = await store.append(stream(), [sent], 'no-stream');
        expect(await all(store.readStream(stream()))).toEqual([{ ...sent, stream: stream(), revision: 0n, position }]);
      });

      it.each([
        ['nested', { a: { b: { c: [{ d: [[]] }, {}] } } }],
        ['numbers', { zero: 0, tenth: 0.1, small: 5e-324, large: 1.7976931348623157e308, int: 9007199254740991, negative: -2.5 }],
        ['null, booleans and empty text', { a: null, b: true, c: false, d: '', '': 'no name' }],
        ['unicode', { text: 'Vigía ñ 警報 🔥 \u{10ffff} e\u0301', '🔥': 1 }],
        ['NUL and other control characters', { text: 'a\u0000b\u0001\u001f\u007f\n\r\t\u2028', 'k\u0000': 1 }],
        ['a lone surrogate', { text: 'a\ud800b' }],
        ['quotes and backslashes', { text: `"'\\\\"; DROP TABLE events; --` }],
        ['names of the language', { constructor: 1, toString: 'x', hasOwnProperty: null }],
      ])('keeps %s in data and metadata', async (_what, json) => {
        await store.append(stream(), [event(json, json)], 'no-stream');
        const [read] = await all(store.readStream(stream()));
        expect(JSON.stringify(read?.data)).toBe(JSON.stringify(json));
        expect(JSON.stringify(read?.metadata)).toBe(JSON.stringify(json));
      });

      it('has a stream with any printable name', async () => {
        const odd = `${stream()} ñ/警%_'"[x]`;
        await store.append(odd, [event()], 'no-stream');
        expect((await all(store.readStream(odd))).map((read) => read.stream)).toEqual([odd]);
      });

      it('may be nearly as large as the limit, and many such are read in order', async () => {
        const large = Array.from({ length: 6 }, () => event({ text: 'é'.repeat(MAX_EVENT_BYTES / 2 - 2048) }));
        for (const [index, one] of large.entries()) await store.append(stream(), [one], index === 0 ? 'no-stream' : BigInt(index - 1));
        expect(await ids(store.readStream(stream()))).toEqual(large.map((one) => one.id));
        expect(await ids(store.readStream(stream(), { direction: 'backwards' }))).toEqual(large.map((one) => one.id).reverse());
        expect(await ids(store.readAll({ filter: ours() }))).toEqual(large.map((one) => one.id));
        expect((await all(store.readStream(stream(), { limit: 1 })))[0]?.data).toEqual(large[0]?.data);
      });

      it('may have exactly the limit, and not one byte more; the type counts two a character', async () => {
        const overhead = '{"text":""}'.length + '{}'.length + 'Something'.length * 2;
        const text = 'x'.repeat(MAX_EVENT_BYTES - overhead);
        const largest = event({ text }, {});
        const { position } = await store.append(stream(), [largest], 'no-stream');
        expect(String(await rejection(store.append(stream(), [event({ text: `${text}x` }, {})], 0n)))).toContain('has 1048577 bytes, the limit is 1048576');
        expect(await all(store.readStream(stream()))).toEqual([{ ...largest, stream: stream(), revision: 0n, position }]);
      });

      it('may be small and yet be refused when those of its append have more than the limit together', async () => {
        const half = { text: 'x'.repeat(MAX_EVENT_BYTES / 2) };
        const error = await rejection(store.append(stream(), [event(half), event(half)], 'any'));
        expect(error).toBeInstanceOf(InvalidAppend);
        expect(String(error)).toMatch(/its 2 events have 1048\d\d\d bytes together/);
        expect(await all(store.readStream(stream()))).toEqual([]);
      });

      it('past the limit is refused with its size, in data or in metadata, and nothing of its append is stored', async () => {
        const text = 'x'.repeat(MAX_EVENT_BYTES);
        for (const large of [event({ text }), event({}, { text })]) {
          const error = await rejection(store.append(stream(), [event(), large], 'any'));
          expect(error).toBeInstanceOf(EventTooLarge);
          expect(String(error)).toMatch(/has 1048\d\d\d bytes/);
          expect(String(error)).toContain(stream());
        }
        expect(await all(store.readStream(stream()))).toEqual([]);
      });

      it('is measured in bytes, not in characters', async () => {
        const error = await rejection(store.append(stream(), [event({ text: '警'.repeat(MAX_EVENT_BYTES / 2) })], 'any'));
        expect(error).toBeInstanceOf(EventTooLarge);
      });

      it('with an id that is no UUID is refused, naming it', async () => {
        const error = await rejection(store.append(stream(), [event(), { ...event(), id: 'alarm-1' }], 'any'));
        expect(error).toBeInstanceOf(InvalidAppend);
        expect(String(error)).toContain('"alarm-1"');
        expect(await all(store.readStream(stream()))).toEqual([]);
      });
    });

    describe('readStream', () => {
      const COUNT = 10;
      let sent: readonly EventToAppend[];
      const sentIds = (from: number, to: number) => sent.slice(from, to).map((one) => one.id);
      beforeEach(async () => {
        sent = events(COUNT);
        await store.append(stream(), sent.slice(0, 4), 'no-stream');
        await store.append(stream('other'), events(2), 'no-stream');
        await store.append(stream(), sent.slice(4), 3n);
      });

      it('gives nothing for a stream that does not exist', async () => {
        expect(await all(store.readStream(stream('none')))).toEqual([]);
        expect(await all(store.readStream(stream('none'), { direction: 'backwards' }))).toEqual([]);
      });

      it('gives all events forwards, with dense revisions and rising positions', async () => {
        const read = await all(store.readStream(stream()));
        expect(read.map((one) => one.id)).toEqual(sentIds(0, COUNT));
        expect(read.map((one) => Number(one.revision))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        const positions = read.map((one) => one.position);
        expect([...positions].sort()).toEqual(positions);
        expect(new Set(positions).size).toBe(COUNT);
      });

      it('begins forwards at any revision, inclusive', async () => {
        for (let from = 0; from <= COUNT; from += 1) {
          expect(await ids(store.readStream(stream(), { fromRevision: BigInt(from) }))).toEqual(sentIds(from, COUNT));
        }
      });

      it('begins backwards at the end, or at any revision, inclusive', async () => {
        expect(await ids(store.readStream(stream(), { direction: 'backwards' }))).toEqual(sentIds(0, COUNT).reverse());
        for (let from = 0; from < COUNT; from += 1) {
          const read = await ids(store.readStream(stream(), { direction: 'backwards', fromRevision: BigInt(from) }));
          expect(read).toEqual(sentIds(0, from + 1).reverse());
        }
      });

      it('ends at the limit in both directions', async () => {
        expect(await ids(store.readStream(stream(), { limit: 3 }))).toEqual(sentIds(0, 3));
        expect(await ids(store.readStream(stream(), { fromRevision: 5n, limit: 2 }))).toEqual(sentIds(5, 7));
        expect(await ids(store.readStream(stream(), { direction: 'backwards', limit: 1 }))).toEqual(sentIds(9, 10));
        expect(await ids(store.readStream(stream(), { direction: 'backwards', fromRevision: 5n, limit: 3 }))).toEqual(sentIds(3, 6).reverse());
        expect(await ids(store.readStream(stream(), { limit: 100 }))).toEqual(sentIds(0, COUNT));
      });

      it('can be left early and begun again', async () => {
        for await (const read of store.readStream(stream())) {
          expect(read.id).toBe(sent[0]?.id);
          break;
        }
        expect(await all(store.readStream(stream()))).toHaveLength(COUNT);
      });

      it('gives a stream of thousands of events in order, both ways', async () => {
        const many = events(2500);
        for (let from = 0; from < many.length; from += 500) await store.append(stream('long'), many.slice(from, from + 500), 'any');
        expect(await ids(store.readStream(stream('long')))).toEqual(many.map((one) => one.id));
        expect(await ids(store.readStream(stream('long'), { direction: 'backwards' }))).toEqual(many.map((one) => one.id).reverse());
        expect(await revisions(store.readStream(stream('long'), { fromRevision: 1200n, limit: 700 }))).toEqual(
          Array.from({ length: 700 }, (_, index) => BigInt(1200 + index)),
        );
      });
    });

    describe('readAll', () => {
      it('gives the events of all streams in the order of their appends', async () => {
        const sent = events(6);
        for (const [index, one] of sent.entries()) await store.append(stream(['a', 'b', 'c'][index % 3]), [one], 'any');
        expect(await ids(own(store.readAll(), run))).toEqual(sent.map((one) => one.id));
      });

      it('gives what comes after a position, exclusive', async () => {
        const before = await store.headPosition();
        const results = [];
        const sent = events(5);
        for (const one of sent) results.push(await store.append(stream(), [one], 'any'));
        expect(await ids(own(store.readAll({ after: before }), run))).toEqual(sent.map((one) => one.id));
        for (const [index, result] of results.entries()) {
          expect(await ids(own(store.readAll({ after: result.position }), run))).toEqual(sent.slice(index + 1).map((one) => one.id));
        }
      });

      it('gives the same from null as from nowhere', async () => {
        await store.append(stream(), events(2), 'any');
        expect(await ids(own(store.readAll({ after: null }), run))).toEqual(await ids(own(store.readAll(), run)));
      });

      it('has the positions that appends and stream reads give, and they sort as strings', async () => {
        const results = [];
        for (let index = 0; index < 12; index += 1) results.push((await store.append(stream(`s${index}`), [event()], 'any')).position);
        const positions = (await all(own(store.readAll(), run))).map((one) => one.position);
        expect(positions).toEqual(results);
        expect([...positions].sort()).toEqual(positions);
      });

      it('lets through the types that are named', async () => {
        const [one, two, three] = [`${run}One`, `${run}Two`, `${run}Three`];
        await store.append(stream('a'), [typed(one), typed(two), typed(three), typed(one)], 'any');
        await store.append(stream('b'), [typed(two), typed(one)], 'any');
        expect(await types(store.readAll({ filter: { types: [one] } }))).toEqual([one, one, one]);
        expect(await types(store.readAll({ filter: { types: [three, two] } }))).toEqual([two, three, two]);
        expect(await types(store.readAll({ filter: { types: [`${run}None`] } }))).toEqual([]);
        expect(await types(store.readAll({ filter: { types: [`${run}O`] } }))).toEqual([]);
      });

      it('lets through more types than one would name by hand', async () => {
        const names = Array.from({ length: 60 }, (_, index) => `${run}Type${index}`);
        await store.append(stream(), names.map(typed), 'any');
        expect(await types(store.readAll({ filter: { types: names.slice(5) } }))).toEqual(names.slice(5));
      });

      it('lets through the streams that begin with one of the prefixes', async () => {
        for (const name of ['x-1', 'x-10', 'x-2', 'y-1', 'z']) await store.append(stream(name), [event()], 'any');
        const read = async (...prefixes: string[]) =>
          (await all(store.readAll({ filter: { streamPrefixes: prefixes.map((prefix) => `${run}${prefix}`) } }))).map((one) => one.stream.slice(run.length));
        expect(await read('-')).toEqual(['-x-1', '-x-10', '-x-2', '-y-1', '-z']);
        expect(await read('')).toEqual(['-x-1', '-x-10', '-x-2', '-y-1', '-z']);
        expect(await read('-x-')).toEqual(['-x-1', '-x-10', '-x-2']);
        expect(await read('-x-1')).toEqual(['-x-1', '-x-10']);
        expect(await read('-z', '-y-')).toEqual(['-y-1', '-z']);
        expect(await read('-x', '-x-1')).toEqual(['-x-1', '-x-10', '-x-2']);
        expect(await read('-none')).toEqual([]);
      });

      it('takes a prefix as it is, with no wildcard in it', async () => {
        await store.append(stream('a_b%c'), [event()], 'any');
        await store.append(stream('aXbYc'), [event()], 'any');
        expect((await all(store.readAll({ filter: { streamPrefixes: [stream('a_b%')] } }))).map((one) => one.stream)).toEqual([stream('a_b%c')]);
        expect(await all(store.readAll({ filter: { streamPrefixes: [stream('').toUpperCase()] } }))).toEqual([]);
      });

      it('gives a limited number of those that pass, after a position', async () => {
        const wanted = `${run}Wanted`;
        await store.append(stream(), Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? typed(wanted) : event())), 'any');
        const first = await all(store.readAll({ filter: { types: [wanted] }, limit: 4 }));
        expect(first.map((one) => Number(one.revision))).toEqual([0, 2, 4, 6]);
        const next = await all(store.readAll({ filter: { types: [wanted] }, after: first.at(-1)!.position, limit: 3 }));
        expect(next.map((one) => Number(one.revision))).toEqual([8, 10, 12]);
        expect(await all(store.readAll({ filter: ours(), limit: 0 }))).toEqual([]);
      });

      it('ends at what was the end when it was called', async () => {
        await store.append(stream(), events(3), 'any');
        const read: RecordedEvent[] = [];
        const reading = store.readAll({ filter: ours() });
        await store.append(stream(), [event()], 'any');
        for await (const one of reading) {
          read.push(one);
          if (read.length < 100) await store.append(stream(), [event()], 'any');
        }
        expect(read.length).toBeLessThanOrEqual(4);
        expect(read.length).toBeGreaterThanOrEqual(3);
      });
    });

    describe('subscribe', () => {
      let abort: AbortController;
      beforeEach(() => {
        abort = new AbortController();
      });
      afterEach(() => abort.abort());
      const subscribe = (after: Position | null, filter: EventFilter = ours()) => store.subscribe({ after, filter, signal: abort.signal });

      it('gives what is there, then says that it has caught up', async () => {
        const sent = events(3);
        await store.append(stream(), sent, 'any');
        const messages = await until(subscribe(null), (message) => message.type === 'caught-up');
        expect(messages.slice(0, -1).map(eventId)).toEqual(sent.map((one) => one.id));
      });

      it('says at once that it has caught up when there is nothing', async () => {
        const messages = await until(subscribe(await store.headPosition()), (message) => message.type === 'caught-up');
        expect(messages).toHaveLength(1);
      });

      it('begins after any position', async () => {
        const sent = events(5);
        const results = [];
        for (const one of sent) results.push(await store.append(stream(), [one], 'any'));
        for (const [index, result] of results.entries()) {
          const messages = await until(subscribe(result.position), (message) => message.type === 'caught-up');
          expect(messages.slice(0, -1).map(eventId)).toEqual(sent.slice(index + 1).map((one) => one.id));
        }
      });

      it('gives live events after it has caught up, in order, and says again that it has', async () => {
        const sent = events(6);
        await store.append(stream(), sent.slice(0, 2), 'any');
        const seen: string[] = [];
        let caughtUp = 0;
        for await (const message of subscribe(null)) {
          if (message.type === 'event') {
            seen.push(message.event.id);
          } else {
            caughtUp += 1;
            if (seen.length === sent.length) break;
            void store.append(stream(), sent.slice(seen.length, seen.length + 2), 'any');
          }
        }
        expect(seen).toEqual(sent.map((one) => one.id));
        expect(caughtUp).toBeGreaterThanOrEqual(3);
      });

      it('wakes soon for an event that comes while it waits', async () => {
        const messages = subscribe(await store.headPosition())[Symbol.asyncIterator]();
        expect((await messages.next()).value).toMatchObject({ type: 'caught-up' });
        const next = messages.next();
        await new Promise((resolve) => setTimeout(resolve, 30));
        const started = performance.now();
        await store.append(stream(), [event()], 'any');
        expect((await next).value).toMatchObject({ type: 'event' });
        expect(performance.now() - started).toBeLessThan(1000);
      });

      it('gives every event once while others write', async () => {
        const writers = Array.from({ length: 8 }, (_, writer) => async () => {
          for (let index = 0; index < 25; index += 1) await store.append(stream(`w${writer}`), [event()], 'any');
        });
        const done = Promise.all(writers.map((write) => write()));
        let count = 0;
        const messages = await until(subscribe(null), (message) => {
          if (message.type === 'event') count += 1;
          return count === 200;
        });
        await done;
        const read = messages.filter((message) => message.type === 'event').map((message) => message.event);
        expect(read.map((one) => one.id)).toEqual(await ids(store.readAll({ filter: ours() })));
      });

      it('lets through only what passes the filter, before and after it has caught up', async () => {
        const wanted = `${run}Wanted`;
        await store.append(stream('a'), [typed(wanted), event()], 'any');
        let caughtUp = false;
        const messages = await until(subscribe(null, { types: [wanted] }), (message) => {
          if (message.type === 'caught-up' && !caughtUp) {
            caughtUp = true;
            void store.append(stream('b'), [event(), typed(wanted)], 'any');
          }
          return message.type === 'event' && message.event.stream === stream('b');
        });
        const read = messages.filter((message) => message.type === 'event').map((message) => [message.event.type, message.event.stream]);
        expect(read).toEqual([[wanted, stream('a')], [wanted, stream('b')]]);
      });

      it('gives a position with caught-up that can be gone on from, though the filter let nothing through', async () => {
        await store.append(stream(), events(3), 'any');
        const [message] = await until(subscribe(null, { types: [`${run}None`] }), (one) => one.type === 'caught-up');
        expect(message?.type).toBe('caught-up');
        const position = message?.type === 'caught-up' ? message.position : null;
        expect(position).not.toBeNull();
        await store.append(stream(), [typed(`${run}None`)], 'any');
        const next = await until(subscribe(position, { types: [`${run}None`] }), (one) => one.type === 'caught-up');
        expect(next.filter((one) => one.type === 'event')).toHaveLength(1);
        expect(await all(own(store.readAll({ after: position }), run))).toHaveLength(1);
      });

      it('serves two subscribers at their own pace', async () => {
        const sent = events(50);
        const fast = until(subscribe(null), countTo(50));
        const slow = (async () => {
          const seen: string[] = [];
          for await (const message of subscribe(null)) {
            if (message.type === 'event') seen.push(message.event.id);
            if (seen.length % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
            if (seen.length === 50) break;
          }
          return seen;
        })();
        for (const one of sent) await store.append(stream(), [one], 'any');
        expect((await fast).filter((message) => message.type === 'event').map(eventId)).toEqual(sent.map((one) => one.id));
        expect(await slow).toEqual(sent.map((one) => one.id));
      });

      it('ends when it is aborted while it waits', async () => {
        const ended = until(subscribe(await store.headPosition()), () => false);
        await new Promise((resolve) => setTimeout(resolve, 30));
        const started = performance.now();
        abort.abort();
        expect((await ended).filter((message) => message.type === 'event')).toEqual([]);
        expect(performance.now() - started).toBeLessThan(1000);
      });

      it('gives nothing more when it is aborted between two events', async () => {
        await store.append(stream(), events(20), 'any');
        let count = 0;
        for await (const message of subscribe(null)) {
          if (message.type === 'event') count += 1;
          if (count === 3) abort.abort();
        }
        expect(count).toBe(3);
      });

      it('gives nothing when it was aborted before', async () => {
        await store.append(stream(), events(2), 'any');
        abort.abort();
        expect(await until(subscribe(null), () => false)).toEqual([]);
      });
    });

    describe('stream metadata', () => {
      it('keeps only the newest events by maxCount, from then on', async () => {
        await store.append(stream(), events(5), 'no-stream');
        await store.setStreamMetadata(stream(), { maxCount: 3 });
        expect(await revisions(store.readStream(stream()))).toEqual([2n, 3n, 4n]);
        await store.append(stream(), events(2), 4n);
        expect(await revisions(store.readStream(stream()))).toEqual([4n, 5n, 6n]);
        expect(await revisions(store.readStream(stream(), { direction: 'backwards' }))).toEqual([6n, 5n, 4n]);
        expect(await revisions(store.readStream(stream(), { fromRevision: 0n, limit: 2 }))).toEqual([4n, 5n]);
      });

      it('can be set before the first event', async () => {
        await store.setStreamMetadata(stream(), { maxCount: 1 });
        expect(await all(store.readStream(stream()))).toEqual([]);
        await store.append(stream(), events(3), 'no-stream');
        expect(await revisions(store.readStream(stream()))).toEqual([2n]);
      });

      it('hides what lies below truncateBefore', async () => {
        await store.append(stream(), events(6), 'no-stream');
        await store.setStreamMetadata(stream(), { truncateBefore: 4n });
        expect(await revisions(store.readStream(stream()))).toEqual([4n, 5n]);
        expect(await revisions(store.readStream(stream(), { direction: 'backwards', fromRevision: 4n }))).toEqual([4n]);
        expect(await revisions(store.readStream(stream(), { direction: 'backwards', fromRevision: 3n }))).toEqual([]);
        expect((await store.append(stream(), [event()], 5n)).revision).toBe(6n);
      });

      it('leaves the revision as it was when all events are gone', async () => {
        await store.append(stream(), events(3), 'no-stream');
        await store.setStreamMetadata(stream(), { truncateBefore: 3n });
        expect(await all(store.readStream(stream()))).toEqual([]);
        expect(await rejection(store.append(stream(), [event()], 1n))).toBeInstanceOf(WrongExpectedRevision);
        expect((await store.append(stream(), [event()], 2n)).revision).toBe(3n);
        expect(await revisions(store.readStream(stream()))).toEqual([3n]);
      });

      it('lays nothing open that was gone', async () => {
        await store.append(stream(), events(6), 'no-stream');
        await store.setStreamMetadata(stream(), { truncateBefore: 4n });
        await store.setStreamMetadata(stream(), { maxCount: 5 });
        expect(await revisions(store.readStream(stream()))).toEqual([4n, 5n]);
      });

      it('concerns one stream only', async () => {
        await store.append(stream('a'), events(4), 'no-stream');
        await store.append(stream('ab'), events(4), 'no-stream');
        await store.setStreamMetadata(stream('a'), { maxCount: 1 });
        expect(await all(store.readStream(stream('ab')))).toHaveLength(4);
      });

      it('does not keep a repeated append from being recognised', async () => {
        await store.setStreamMetadata(stream(), { maxCount: 2 });
        const batch = events(2);
        await store.append(stream(), events(3), 'no-stream');
        const first = await store.append(stream(), batch, 2n);
        expect(await store.append(stream(), batch, 2n)).toEqual(first);
        expect(await revisions(store.readStream(stream()))).toEqual([3n, 4n]);
      });
    });

    describe('deleteStream', () => {
      it('makes the stream read as empty, and no other', async () => {
        await store.append(stream('a'), events(3), 'no-stream');
        await store.append(stream('b'), events(3), 'no-stream');
        await store.deleteStream(stream('a'));
        expect(await all(store.readStream(stream('a')))).toEqual([]);
        expect(await all(store.readStream(stream('a'), { direction: 'backwards' }))).toEqual([]);
        expect(await all(store.readStream(stream('b')))).toHaveLength(3);
      });

      it.each([['no-stream' as const], ['any' as const], [2n]])('lets %s begin the stream again at the next revision', async (expected) => {
        await store.append(stream(), events(3), 'no-stream');
        await store.deleteStream(stream());
        const fresh = events(2);
        expect((await store.append(stream(), fresh, expected)).revision).toBe(4n);
        const read = await all(store.readStream(stream()));
        expect(read.map((one) => [one.id, one.revision])).toEqual([[fresh[0]?.id, 3n], [fresh[1]?.id, 4n]]);
        expect(await revisions(store.readStream(stream(), { direction: 'backwards' }))).toEqual([4n, 3n]);
      });

      it('refuses a revision that was passed before the deletion', async () => {
        await store.append(stream(), events(3), 'no-stream');
        await store.deleteStream(stream());
        expect(await rejection(store.append(stream(), [event()], 0n))).toBeInstanceOf(WrongExpectedRevision);
      });

      it('does not keep a repeat of the append that began the stream again from being recognised', async () => {
        await store.append(stream(), events(2), 'no-stream');
        await store.deleteStream(stream());
        const batch = events(2);
        const first = await store.append(stream(), batch, 'no-stream');
        await store.append(stream(), events(1), 3n);
        expect(await store.append(stream(), batch, 'no-stream')).toEqual(first);
        expect(await rejection(store.append(stream(), [batch[0]!, event()], 'no-stream'))).toBeInstanceOf(WrongExpectedRevision);
        expect(await all(store.readStream(stream()))).toHaveLength(3);
      });

      it('of a stream that never was does nothing', async () => {
        await store.deleteStream(stream());
        expect((await store.append(stream(), [event()], 'no-stream')).revision).toBe(0n);
      });

      it('can be done again after the stream was begun again', async () => {
        await store.append(stream(), events(2), 'no-stream');
        await store.deleteStream(stream());
        await store.append(stream(), events(2), 'no-stream');
        await store.deleteStream(stream());
        expect(await all(store.readStream(stream()))).toEqual([]);
        expect((await store.append(stream(), [event()], 'no-stream')).revision).toBe(4n);
      });
    });

    describe('headPosition', () => {
      it('is the position of the newest event', async () => {
        const { position } = await store.append(stream(), events(2), 'any');
        const head = await store.headPosition();
        expect(head).not.toBeNull();
        expect(head! >= position).toBe(true);
        expect(await all(own(store.readAll({ after: head }), run))).toEqual([]);
      });
    });

    (failsOnDemand ? describe : describe.skip)('a place that fails', () => {
      const EXPECTATIONS = ['no-stream', 'any', 1n] as const;

      it.each(EXPECTATIONS.flatMap((expected) => [true, false].map((wasStored) => ({ expected, wasStored }))))(
        'leaves the outcome of an append to $expected unknown (stored: $wasStored); the same again has one result, also after others went on',
        async ({ expected, wasStored }) => {
          const { faults } = home;
          if (expected !== 'no-stream') await store.append(stream(), events(2), 'no-stream');
          const batch = events(3);
          faults.loseNextOutcome(wasStored);
          const error = await rejection(store.append(stream(), batch, expected));
          expect(error).toBeInstanceOf(OutcomeUnknown);
          expect(String(error)).toMatch(/repeat the same append/);
          const first = await repeatedly(() => store.append(stream(), batch, expected));
          const others = events(1);
          await store.append(stream(), others, first.revision);
          expect(await repeatedly(() => store.append(stream(), batch, expected))).toEqual(first);
          expect((await ids(store.readStream(stream()))).slice(-4)).toEqual([...batch, ...others].map(({ id }) => id));
          expect(await all(store.readStream(stream()))).toHaveLength(expected === 'no-stream' ? 4 : 6);
        },
      );

      it('refuses by name what it can’t do while it is away, and does it when it is back', async () => {
        const { faults } = home;
        await store.append(stream(), events(2), 'no-stream');
        const batch = events(1);
        await faults.goAway();
        const error = await rejection(store.append(stream(), batch, 1n));
        expect(error instanceof StoreUnavailable || error instanceof OutcomeUnknown).toBe(true);
        expect(await rejection(all(store.readStream(stream())))).toBeInstanceOf(StoreUnavailable);
        expect(await rejection(all(store.readAll({ filter: ours() })))).toBeInstanceOf(StoreUnavailable);
        expect(await rejection(store.setStreamMetadata(stream(), { maxCount: 9 }))).toBeInstanceOf(StoreUnavailable);
        expect(await rejection(store.deleteStream(stream()))).toBeInstanceOf(StoreUnavailable);
        await faults.comeBack();
        expect((await repeatedly(() => store.append(stream(), batch, 1n))).revision).toBe(2n);
        expect(await repeatedly(() => all(store.readStream(stream())))).toHaveLength(3);
        expect(await repeatedly(() => ids(store.readAll({ filter: ours() })))).toHaveLength(3);
      });

      it('gives a subscriber every event once, though it was away between them', async () => {
        const { faults } = home;
        const abort = new AbortController();
        const sent = events(4);
        await store.append(stream(), sent.slice(0, 2), 'no-stream');
        const seen: (string | null)[] = [];
        for await (const message of store.subscribe({ filter: ours(), signal: abort.signal })) {
          if (message.type === 'event') seen.push(message.event.id);
          if (message.type === 'caught-up' && seen.length === 2) {
            await faults.goAway();
            setTimeout(() => {
              void faults.comeBack().then(() => repeatedly(() => store.append(stream(), sent.slice(2), 1n)));
            }, 100);
          }
          if (seen.length === 4) abort.abort();
        }
        expect(seen).toEqual(sent.map(({ id }) => id));
      });
    });

    describe('close', () => {
      // A store may allow one owner at a time, so these have a place of their own.
      let ownHome: EventStoreHome;
      beforeEach(async () => {
        ownHome = await createHome();
      });
      afterEach(() => ownHome.remove());

      it('keeps everything for the next one that opens', async () => {
        const first = await ownHome.open();
        const batch = events(3);
        const result = await first.append(stream('a'), batch, 'no-stream');
        await first.append(stream('b'), events(5), 'no-stream');
        await first.setStreamMetadata(stream('b'), { maxCount: 2 });
        await first.append(stream('c'), events(2), 'no-stream');
        await first.deleteStream(stream('c'));
        const before = await all(first.readStream(stream('a')));
        await first.close();
        const second = await ownHome.open();
        expect(await all(second.readStream(stream('a')))).toEqual(before);
        expect(await second.append(stream('a'), batch, 'no-stream')).toEqual(result);
        expect(await revisions(second.readStream(stream('b')))).toEqual([3n, 4n]);
        expect((await second.append(stream('b'), [event()], 4n)).revision).toBe(5n);
        expect(await revisions(second.readStream(stream('b')))).toEqual([4n, 5n]);
        expect(await all(second.readStream(stream('c')))).toEqual([]);
        const later = await second.append(stream('c'), [event()], 'no-stream');
        expect(later.revision).toBe(2n);
        expect(later.position > result.position).toBe(true);
        await second.close();
      });

      it('waits for the appends that are under way', async () => {
        const first = await ownHome.open();
        const appends = Array.from({ length: 20 }, (_, index) => first.append(stream(`s${index}`), [event()], 'no-stream'));
        await first.close();
        const settled = await Promise.allSettled(appends);
        const second = await ownHome.open();
        for (const [index, result] of settled.entries()) {
          if (result.status === 'fulfilled') expect(await all(second.readStream(stream(`s${index}`)))).toHaveLength(1);
        }
        await second.close();
      });

      it('makes everything answer that the store is unavailable', async () => {
        const closed = await ownHome.open();
        await closed.close();
        const { signal } = new AbortController();
        expect(await rejection(closed.append(stream(), [event()], 'any'))).toBeInstanceOf(StoreUnavailable);
        expect(await rejection(all(closed.readStream(stream())))).toBeInstanceOf(StoreUnavailable);
        expect(await rejection(all(closed.readAll()))).toBeInstanceOf(StoreUnavailable);
        expect(await rejection(until(closed.subscribe({ signal }), () => false))).toBeInstanceOf(StoreUnavailable);
        expect(await rejection(closed.headPosition())).toBeInstanceOf(StoreUnavailable);
        expect(await rejection(closed.setStreamMetadata(stream(), { maxCount: 1 }))).toBeInstanceOf(StoreUnavailable);
        expect(await rejection(closed.deleteStream(stream()))).toBeInstanceOf(StoreUnavailable);
        await closed.close();
      });

      it('ends a subscription that waits with the same answer', async () => {
        const closing = await ownHome.open();
        const { signal } = new AbortController();
        const ended = rejection(until(closing.subscribe({ after: await closing.headPosition(), filter: ours(), signal }), () => false));
        await new Promise((resolve) => setTimeout(resolve, 30));
        await closing.close();
        expect(await ended).toBeInstanceOf(StoreUnavailable);
      });
    });
  });
}

function event(data: object = { a: 1 }, metadata: object = { schemaVersion: 1 }): EventToAppend {
  return { id: randomUUID(), type: 'Something', data, metadata };
}

function events(count: number): EventToAppend[] {
  return Array.from({ length: count }, (_, index) => event({ index }));
}

function typed(type: string): EventToAppend {
  return { ...event(), type };
}

async function* own(items: AsyncIterable<RecordedEvent>, run: string): AsyncIterable<RecordedEvent> {
  for await (const item of items) if (item.stream.startsWith(`${run}-`)) yield item;
}

/** The messages up to and with the first for which `isLast` says true. */
async function until(messages: AsyncIterable<SubscriptionMessage>, isLast: (message: SubscriptionMessage) => boolean): Promise<SubscriptionMessage[]> {
  const read: SubscriptionMessage[] = [];
  for await (const message of messages) {
    read.push(message);
    if (isLast(message)) break;
  }
  return read;
}

function countTo(count: number): (message: SubscriptionMessage) => boolean {
  let seen = 0;
  return (message) => {
    if (message.type === 'event') seen += 1;
    return seen === count;
  };
}

function eventId(message: SubscriptionMessage): string | null {
  return message.type === 'event' ? message.event.id : null;
}

async function ids(items: AsyncIterable<RecordedEvent>): Promise<string[]> {
  return (await all(items)).map((item) => item.id);
}

async function types(items: AsyncIterable<RecordedEvent>): Promise<string[]> {
  return (await all(items)).map((item) => item.type);
}

async function revisions(items: AsyncIterable<RecordedEvent>): Promise<bigint[]> {
  return (await all(items)).map((item) => item.revision);
}

function byNumber(one: bigint, other: bigint): number {
  return Number(one - other);
}
