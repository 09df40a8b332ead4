import fc from 'fast-check';
import { Pipeline } from '../../test/support/pipeline.js';
import { brief } from '../../test/support/sensor-messages.js';
import { MAX_EVENT_BYTES, OutcomeUnknown, StoreUnavailable, type EventStore } from '../event-store/event-store.js';

const NORMAL = '{"7", "false", "false", "20.0", "30.0"}';
const MOTION = '{"7", "true", "false", "20.0", "30.0"}';
const SMOKE = '{"7", "false", "true", "20.0", "30.0"}';
const withId = (messageId: string, movement = true) =>
  JSON.stringify({ id: 7, movement, smoke: false, temperature: 20, maxTemperature: 30, messageId });

/** The store with faults: `before` may throw instead of an append, `after` may throw away its answer. */
function faulty(faults: { before?: (stream: string) => void; after?: (stream: string) => void }) {
  return (store: EventStore): EventStore => ({
    append: async (stream, events, expected) => {
      faults.before?.(stream);
      const result = await store.append(stream, events, expected);
      faults.after?.(stream);
      return result;
    },
    readStream: (stream, options) => store.readStream(stream, options),
    readAll: (options) => store.readAll(options),
    subscribe: (options) => store.subscribe(options),
    setStreamMetadata: (stream, metadata) => store.setStreamMetadata(stream, metadata),
    deleteStream: (stream) => store.deleteStream(stream),
    headPosition: () => store.headPosition(),
    close: () => store.close(),
  });
}

/** Notes how many bytes the events of each append to a sensor's stream have. */
function countingAppends(appends: number[]) {
  return (store: EventStore): EventStore => {
    const append = store.append.bind(store);
    store.append = (stream, events, expected) => {
      appends.push(Buffer.byteLength(JSON.stringify(events)));
      return append(stream, events, expected);
    };
    return store;
  };
}

describe('BatchHandler', () => {
  it('accounts for every record by exactly one outcome (P2)', async () => {
    const pipeline = await Pipeline.open();
    await pipeline.send('ENTRY', NORMAL, NORMAL, SMOKE, SMOKE, SMOKE, SMOKE, 'nonsense', MOTION, withId('m1'), withId('m1'));
    await pipeline.send('OK', NORMAL, NORMAL);
    await pipeline.drain();
    expect(brief(await pipeline.events())).toEqual([
      'StrikeRecorded smoke 1/3', 'StrikeRecorded smoke 2/3', 'StrikeRecorded smoke 3/3', 'AlarmTriggered smoke',
      'AlarmTriggered motion', 'AlarmRecovered motion', 'AlarmRecovered smoke',
    ]);
    expect(await pipeline.reconcile()).toEqual({
      records: 12, normal: 2, events: 5, ignored: { 'alarm-open': 2, duplicate: 1, 'no-open-alarm': 1 },
      deadLettered: 1, unaccounted: 0, doubled: 0, problems: [],
    });
    await pipeline.close();
  });

  it('leaves receipts without a gap over several runs', async () => {
    const pipeline = await Pipeline.open();
    for (const body of [NORMAL, SMOKE, MOTION, MOTION, NORMAL, 'bad']) {
      await pipeline.send('ENTRY', body);
      await pipeline.drain();
    }
    const all = [...(await pipeline.receipts('ENTRY', 0)), ...(await pipeline.receipts('ENTRY', 1))];
    expect(all.length).toBe(6);
    let next = 0;
    for (const receipt of all) {
      expect(receipt.first).toBe(next);
      next = receipt.last + 1;
    }
    expect(next).toBe(6);
    await pipeline.close();
  });

  it('keeps an unreadable record with its bytes, key, headers and reason, once', async () => {
    const pipeline = await Pipeline.open();
    const bytes = '{"7", "true", \u0000 "NaN"}';
    await pipeline.send('ENTRY', { body: bytes, key: '7', messageId: 'x' });
    await pipeline.drain();
    const letters = [];
    for await (const letter of pipeline.deadLetters.list()) letters.push(letter);
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({ status: 'open', key: '7', headers: { 'message-id': 'x' }, source: { topic: 'ENTRY', offset: 0 } });
    expect(letters[0]?.value?.toString()).toBe(bytes);
    expect(letters[0]?.reason).not.toBe('');
    await pipeline.close();
  });

  it('takes a record whose messageId is longer than any that can be stored as unreadable', async () => {
    const pipeline = await Pipeline.open();
    await pipeline.send('ENTRY', { body: MOTION, messageId: 'x'.repeat(1_100_000) }, MOTION);
    await pipeline.drain();
    expect(brief(await pipeline.events())).toEqual(['AlarmTriggered motion']);
    expect(await pipeline.reconcile()).toMatchObject({ records: 2, events: 1, deadLettered: 1, unaccounted: 0, problems: [] });
    await pipeline.close();
  });

  it('replays a dead letter at the end of its topic, and drops one', async () => {
    const pipeline = await Pipeline.open();
    await pipeline.send('ENTRY', 'first', 'second');
    await pipeline.drain();
    const ids: string[] = [];
    for await (const letter of pipeline.deadLetters.list()) ids.push(letter.id);
    expect(await pipeline.deadLetters.replay([ids[0]!])).toBe(1);
    expect(await pipeline.deadLetters.drop([ids[1]!])).toBe(1);
    await expect(pipeline.deadLetters.drop([ids[1]!])).rejects.toThrow('no open dead letter');
    await pipeline.drain();
    const states: string[] = [];
    for await (const letter of pipeline.deadLetters.list()) states.push(`${letter.value?.toString()} ${letter.status}`);
    // The replayed one still can't be read, so it is a dead letter again, under a new id.
    expect(states.sort()).toEqual(['first open', 'first replayed', 'second dropped']);
    expect(await pipeline.reconcile()).toMatchObject({ records: 3, deadLettered: 3, unaccounted: 0, doubled: 0 });
    await pipeline.close();
  });

  it('does not raise a false alarm when an ignored reading comes again after a restart and an OK', async () => {
    const first = await Pipeline.open();
    await first.send('ENTRY', MOTION, withId('again'));
    await first.drain();
    await first.send('OK', NORMAL);
    await first.drain();
    await first.close();
    const second = await Pipeline.open({ dir: first.dir });
    await second.send('ENTRY', withId('again'));
    await second.drain();
    expect(brief(await second.events())).toEqual(['AlarmTriggered motion', 'AlarmRecovered motion']);
    expect(await second.reconcile()).toMatchObject({ ignored: { 'alarm-open': 1, duplicate: 1 }, unaccounted: 0 });
    await second.close();
  });

  it('recognises it as well when the sensor’s events have many messageIds of their own', async () => {
    const first = await Pipeline.open();
    for (let round = 0; round < 40; round += 1) {
      await first.send('ENTRY', withId(`alarm-${round}`));
      await first.send('OK', withId(`ok-${round}`, false));
    }
    await first.send('ENTRY', withId('last-alarm'), withId('again'));
    await first.drain();
    await first.close();
    const second = await Pipeline.open({ dir: first.dir });
    await second.send('OK', NORMAL);
    await second.send('ENTRY', withId('again'), withId('last-alarm'));
    await second.drain();
    expect(brief(await second.events()).at(-1)).toBe('AlarmRecovered motion');
    expect(await second.reconcile()).toMatchObject({ ignored: { 'alarm-open': 1, duplicate: 2 }, unaccounted: 0 });
    await second.close();
  });

  it('gives an ignored reading its own reason, and remembers its messageId, when its run is handled again', async () => {
    let isAway = true;
    const first = await Pipeline.open({
      disturb: faulty({ before: (stream) => { if (stream === 'sensor-8' && isAway) { isAway = false; throw new StoreUnavailable('away'); } } }),
    });
    await first.send('ENTRY', MOTION);
    await first.drain();
    await first.send('ENTRY', withId('again'), '{"8", "true", "false", "20.0", "30.0"}');
    expect((await first.drain()).failures).toHaveLength(1);
    expect(await first.reconcile()).toMatchObject({ records: 3, events: 2, ignored: { 'alarm-open': 1 }, unaccounted: 0 });
    await first.send('OK', NORMAL);
    await first.drain();
    await first.send('ENTRY', withId('again'));
    await first.drain();
    expect(brief(await first.events())).toEqual(['AlarmTriggered motion', 'AlarmRecovered motion']);
    await first.close();
  });

  it('remembers the messageId of an ignored reading that comes again after a crash before its receipt', async () => {
    const killed = new Error('killed');
    const first = await Pipeline.open({ disturb: faulty({ before: (stream) => { if (stream.startsWith('receipts-')) throw killed; } }) });
    await first.send('ENTRY', MOTION, withId('again'), SMOKE);
    await expect(first.drain(300)).rejects.toThrow('killed');
    await first.close();
    const second = await Pipeline.open({ dir: first.dir });
    await second.drain();
    await second.send('OK', NORMAL);
    await second.drain();
    await second.send('ENTRY', withId('again'));
    await second.drain();
    expect(brief(await second.events()).filter((line) => line.startsWith('Alarm'))).toEqual(['AlarmTriggered motion', 'AlarmRecovered motion']);
    await second.close();
  });

  it('counts a record whose event was stored before a crash, but not its receipt, as events', async () => {
    const crash = new Error('killed');
    const first = await Pipeline.open({ disturb: faulty({ before: (stream) => { if (stream.startsWith('receipts-')) throw crash; } }) });
    await first.send('ENTRY', SMOKE, SMOKE, MOTION, MOTION);
    await expect(first.drain(300)).rejects.toThrow('killed');
    await first.close();
    const second = await Pipeline.open({ dir: first.dir });
    await second.drain();
    expect(brief(await second.events())).toEqual(['StrikeRecorded smoke 1/3', 'StrikeRecorded smoke 2/3', 'AlarmTriggered motion']);
    expect(await second.reconcile()).toMatchObject({ records: 4, events: 3, unaccounted: 0, doubled: 0 });
    await second.close();
  });

  it('handles an ENTRY and the OK behind it together, and after a crash before their receipts does not take an ignored reading for one after the OK', async () => {
    let isKilled = false;
    const appended: string[] = [];
    const first = await Pipeline.open({
      disturb: faulty({
        before: (stream) => { if (isKilled && stream.startsWith('receipts-')) throw new Error('killed'); },
        after: (stream) => void appended.push(stream.replace(/^receipts-.*-(ENTRY|OK)-.*/, '$1')),
      }),
    });
    await first.send('ENTRY', MOTION);
    await first.drain();
    appended.length = 0;
    isKilled = true;
    await first.send('ENTRY', MOTION);
    await first.send('OK', NORMAL);
    await expect(first.drain(300)).rejects.toThrow('killed');
    expect(appended).toEqual(['sensor-7']);
    await first.close();
    const second = await Pipeline.open({ dir: first.dir });
    await second.drain();
    expect(brief(await second.events())).toEqual(['AlarmTriggered motion', 'AlarmRecovered motion']);
    expect(await second.reconcile()).toMatchObject({ records: 3, events: 2, ignored: { duplicate: 1 }, unaccounted: 0, doubled: 0 });
    await second.close();
  });

  it('stores the receipt of an ignored reading that could not be stored before it handles what follows', async () => {
    let away = false;
    const appended: string[] = [];
    const pipeline = await Pipeline.open({
      disturb: faulty({
        before: (stream) => { if (stream.includes('-ENTRY-') && away) { away = false; throw new StoreUnavailable('away'); } },
        after: (stream) => void appended.push(stream.replace(/^receipts-.*-(ENTRY|OK)-.*/, '$1')),
      }),
    });
    await pipeline.send('ENTRY', MOTION);
    await pipeline.drain();
    appended.length = 0;
    away = true;
    await pipeline.send('ENTRY', MOTION);
    await pipeline.drain();
    await pipeline.send('OK', NORMAL);
    await pipeline.drain();
    expect(appended).toEqual(['ENTRY', 'sensor-7', 'OK']);
    await pipeline.close();
  });

  it('repeats an append whose outcome is unknown, and stores its events once', async () => {
    let lost = 0;
    const pipeline = await Pipeline.open({
      disturb: faulty({ after: () => { lost += 1; if (lost % 2 === 1) throw new OutcomeUnknown('the answer was lost'); } }),
    });
    await pipeline.send('ENTRY', SMOKE, SMOKE, SMOKE);
    await pipeline.send('OK', NORMAL);
    const { failures } = await pipeline.drain();
    expect(failures).toEqual([]);
    expect(lost).toBeGreaterThan(1);
    expect(brief(await pipeline.events()).filter((line) => line.startsWith('Alarm'))).toEqual(['AlarmTriggered smoke', 'AlarmRecovered smoke']);
    expect(await pipeline.reconcile()).toMatchObject({ unaccounted: 0, doubled: 0 });
    await pipeline.close();
  });

  it('handles the batch again when the store was away, and loses nothing', async () => {
    let refused = 0;
    const pipeline = await Pipeline.open({
      disturb: faulty({ before: () => { if (refused < 3) { refused += 1; throw new StoreUnavailable('away'); } } }),
    });
    await pipeline.send('ENTRY', MOTION);
    const { failures } = await pipeline.drain();
    expect(failures.length).toBe(3);
    expect(brief(await pipeline.events())).toEqual(['AlarmTriggered motion']);
    expect(await pipeline.reconcile()).toMatchObject({ records: 1, events: 1, unaccounted: 0, doubled: 0 });
    await pipeline.close();
  });

  it('decides again when another writer came first (P3)', async () => {
    let interfered = false;
    const rival = await Pipeline.open();
    await rival.send('ENTRY', MOTION);
    await rival.drain();
    const [motion] = await rival.events();
    await rival.close();
    let conflicts = 0;
    const pipeline: Pipeline = await Pipeline.open({
      disturb: (store) => ({
        ...faulty({})(store),
        append: async (stream, events, expected) => {
          if (stream === 'sensor-7' && !interfered) {
            interfered = true;
            await store.append(stream, [motion!], 'no-stream');
          }
          return store.append(stream, events, expected);
        },
      }),
    });
    pipeline.observer.conflict = () => void (conflicts += 1);
    await pipeline.send('ENTRY', MOTION);
    await pipeline.drain();
    expect(conflicts).toBe(1);
    expect(brief(await pipeline.events())).toEqual(['AlarmTriggered motion']);
    await pipeline.close();
  });

  it('clearOnNormal: looks at normal readings, and still counts them', async () => {
    const pipeline = await Pipeline.open({ policy: { clearOnNormal: true } });
    await pipeline.send('ENTRY', NORMAL, SMOKE, SMOKE, NORMAL, SMOKE);
    await pipeline.drain();
    expect(brief(await pipeline.events()).at(-1)).toBe('StrikeRecorded smoke 1/3');
    expect(await pipeline.reconcile()).toMatchObject({ records: 5, normal: 1, events: 4, unaccounted: 0, doubled: 0 });
    await pipeline.close();
  });

  it('stores what one sensor brings in a run by several appends when it is more than one may have', async () => {
    const appends: number[] = [];
    const pipeline = await Pipeline.open({ policy: { clearOnNormal: true }, disturb: countingAppends(appends) });
    const readings = Array.from({ length: 1500 }, (_, index) => (index % 2 === 0 ? SMOKE : NORMAL));
    await pipeline.log.append('ENTRY', readings.map((body) => ({ key: '7', value: Buffer.from(body) })));
    const { failures } = await pipeline.drain();
    expect(failures).toEqual([]);
    expect(await pipeline.events()).toHaveLength(1500);
    expect(await pipeline.reconcile()).toMatchObject({ records: 1500, events: 1500, unaccounted: 0, doubled: 0 });
    expect(Math.max(...appends)).toBeLessThan(MAX_EVENT_BYTES / 2);
    await pipeline.close();
  });

  it('gives the same events whatever appends fail, and wherever it is restarted', async () => {
    const bodies = [NORMAL, SMOKE, MOTION, 'bad', 'OK'] as const;
    const step = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...bodies) }, { weight: 1, arbitrary: fc.constant('restart' as const) });
    // Few, for the pause after each failure in a row is twice as long: five take 3 s.
    const unluckyMoments = fc.uniqueArray(fc.nat(50), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), unluckyMoments, async (steps, unlucky) => {
        const run = async (disturb?: (store: EventStore) => EventStore) => {
          let pipeline = await Pipeline.open(disturb ? { disturb } : {});
          for (const what of steps) {
            if (what === 'restart') {
              await pipeline.drain().catch(() => undefined);
              await pipeline.close();
              pipeline = await Pipeline.open({ dir: pipeline.dir, ...(disturb ? { disturb } : {}) });
            } else if (what === 'OK') await pipeline.send('OK', NORMAL);
            else await pipeline.send('ENTRY', what);
          }
          await pipeline.drain();
          const found = { events: brief(await pipeline.events()), sums: await pipeline.reconcile() };
          await pipeline.close();
          return found;
        };
        let moment = 0;
        const failAtTimes = (error: Error) => () => { if (unlucky.includes(moment++)) throw error; };
        const disturbed = await run(faulty({ before: failAtTimes(new StoreUnavailable('away')), after: failAtTimes(new OutcomeUnknown('cut')) }));
        expect(disturbed.sums).toMatchObject({ unaccounted: 0, doubled: 0, problems: [] });
        expect(disturbed).toEqual(await run());
      }),
      { numRuns: 15 },
    );
  }, 60_000);
});
