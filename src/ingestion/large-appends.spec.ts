import { rm } from 'node:fs/promises';
import { Pipeline } from '../../test/support/pipeline.js';
import { afterDecision, decide, INITIAL_SENSOR, type SensorState } from '../alarm-domain/sensor.js';
import type { SensorMessage } from '../alarm-domain/sensor-message.js';
import { MOST_STRIKES, type StrikePolicy } from '../alarm-domain/strike-policy.js';
import { isoTime } from '../clock.js';
import { toAppendRequest } from '../event-store/append-request.js';
import { toAppend } from '../event-store/event-codec.js';
import { MAX_EVENT_BYTES } from '../event-store/event-store.js';
import { idOf } from './deterministic-id.js';

/** An id of its own of so many characters, each of which is six bytes as JSON. */
const longId = (index: number, length: number): string => String(index).padStart(6, '0').padStart(length, '\u0001');

describe('what one sensor brings', () => {
  let pipeline: Pipeline;
  afterEach(async () => {
    await pipeline.close();
    await rm(pipeline.dir, { recursive: true });
  });

  /** As with keys of others' making: an OK may come after readings that were received later. */
  const outOfOrder = (): void => {
    const consume = pipeline.log.consume.bind(pipeline.log);
    pipeline.log.consume = (options) => consume({ ...options, handle: (batches) => options.handle(batches.map((batch) => ({ ...batch, isOutOfOrder: true }))) });
  };
  const drained = async (records: number): Promise<void> => {
    expect((await pipeline.drain()).failures).toEqual([]);
    expect(await pipeline.reconcile()).toMatchObject({ records, events: records, unaccounted: 0, doubled: 0, problems: [] });
  };

  it('in one batch out of order, with the longest ids, is stored though it is more than one append takes', async () => {
    pipeline = await Pipeline.open();
    outOfOrder();
    const body = (index: number) => JSON.stringify({ id: 7, movement: true, smoke: true, temperature: 31, maxTemperature: 30, messageId: longId(index, 200) });
    await pipeline.log.append('ENTRY', Array.from({ length: 400 }, (_, index) => ({ key: '7', value: Buffer.from(body(index)) })));
    await drained(400);
    const events = await pipeline.events();
    expect(events.filter(({ type }) => type === 'AlarmTriggered')).toHaveLength(3);
    expect(events.filter(({ type }) => type === 'ReadingNoted')).toHaveLength(399 + 397 + 397);
  });

  it('in order, with a strike window and the longest ids in headers, is too', async () => {
    pipeline = await Pipeline.open({ policy: { windowMs: 1000 } });
    const startMs = Date.now() - 80_000_000;
    const body = (index: number) => JSON.stringify({ id: 7, movement: false, smoke: true, temperature: 31, maxTemperature: 30, at: isoTime(startMs + index * 5000) });
    await pipeline.log.append('ENTRY', Array.from({ length: 400 }, (_, index) => ({ key: '7', value: Buffer.from(body(index)), headers: { 'message-id': longId(index, 400) } })));
    await drained(400);
    expect(await pipeline.events()).toHaveLength(800);
  });
});

describe('what one record brings', () => {
  const SECOND_MS = 1000;
  const START_MS = Date.parse('2026-03-01T12:00:00.000Z');
  const policy: StrikePolicy = { n: MOST_STRIKES, windowMs: SECOND_MS, clearOnNormal: false };

  /** Everything that is written about a record is as long as it can be; a Kafka cluster's id has 22 characters. */
  const facts = (topic: 'ENTRY' | 'OK', index: number, second: number) => ({
    source: { log: 'k'.repeat(64), topic, partition: 1, epoch: 999_999_999, offset: Number.MAX_SAFE_INTEGER - 100_000 + index },
    messageId: longId(index, 400),
    sensorAt: isoTime(START_MS + second * SECOND_MS),
    receivedAt: isoTime(START_MS + second * SECOND_MS),
    readAt: isoTime(START_MS + second * SECOND_MS),
  });
  const abnormal = (index: number, second: number, movement: boolean): SensorMessage => ({
    type: 'reading', ...facts('ENTRY', index, second),
    reading: { sensorId: 2 ** 31 - 1, movement, smoke: true, temperatureCelsius: 123_456.123_456_789_01, maxTemperatureCelsius: -123_456.123_456_789_01 },
  });
  const both = [0, 1].map((partition) => ({ ...facts('ENTRY', 0, 0).source, partition }));
  const given = (state: SensorState, message: SensorMessage, by: StrikePolicy) => {
    const decision = decide(state, message, { policy: by, recordedAt: isoTime(START_MS), handledThrough: both, isOutOfOrder: true, idOf });
    return { decision, after: afterDecision(state, message, decision, by) };
  };
  const bytesOf = (state: SensorState, message: SensorMessage, by: StrikePolicy): number => {
    const { decision } = given(state, message, by);
    return decision.type === 'events' ? toAppendRequest('sensor-2147483647', decision.events.map(toAppend), 'no-stream').bytes : 0;
  };

  it('fits into one append when an OK leaves readings of all alarms behind it', () => {
    // Three alarms by readings of one second, then readings that lie too far apart to be another one.
    let state = INITIAL_SENSOR;
    let index = 0;
    for (; index < MOST_STRIKES; index += 1) state = given(state, abnormal(index, 0, true), policy).after;
    expect(Object.keys(state.openAlarms)).toHaveLength(3);
    for (; index < 20 * MOST_STRIKES; index += 1) state = given(state, abnormal(index, index * 2, true), policy).after;
    const bytes = bytesOf(state, { type: 'ok', ...facts('OK', index, 1), sensorId: 2 ** 31 - 1 }, policy);
    expect(bytes).toBeGreaterThan(MAX_EVENT_BYTES / 2);
    expect(bytes).toBeLessThan(MAX_EVENT_BYTES);
  });

  it('fits when a reading completes alarms of all strikes that are kept, after the window was taken away', () => {
    let state = INITIAL_SENSOR;
    for (let index = 0; index < 20 * MOST_STRIKES; index += 1) state = given(state, abnormal(index, index * 2, false), policy).after;
    const bytes = bytesOf(state, abnormal(90_000, 90_000, true), { ...policy, windowMs: null });
    expect(bytes).toBeGreaterThan(MOST_STRIKES * 500);
    expect(bytes).toBeLessThan(MAX_EVENT_BYTES / 4);
  });
});
