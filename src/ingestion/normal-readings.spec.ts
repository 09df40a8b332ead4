import { USUAL_WRITINGS } from '../../test/support/random-readings.js';
import type { LogRecord } from '../message-log/message-log.js';
import { encodeRecordBatch, readBatchHeader, type BatchHeader, type RecordToEncode } from '../message-log/record-batch.js';
import { RecordCursor } from '../message-log/record-cursor.js';
import { RecordScan } from '../message-log/record-scan.js';
import { isNormalReading } from './normal-reading.js';
import { lastSeen, normalReadings } from './normal-readings.js';
import { toSensorMessage } from './sensor-message.js';
import { USUAL_RECORDS_WASM } from './usual-records.wasm.js';

const scan = normalReadings.scan!;
const USUAL = '{"7", "false", "false", "25.5", "30.0"}';

/** The usual writings, and some with the fields that an object may have besides. */
const WRITINGS = [
  ...USUAL_WRITINGS,
  '{"id":"7","movement":false,"smoke":false,"temperature":20.5,"maxTemperature":30,"messageId":"a b{}~"}',
  '{"id": 7, "movement": false, "smoke": false, "temperature": -0.125, "maxTemperature": 30, "messageId": "m-1", "at": "2026-03-01T12:00:00.123456789Z"}',
  `{"id":7,"movement":"false","smoke":"false","temperature":"20","maxTemperature":"30","messageId":"${'x'.repeat(200)}","at":"2026-12-30T23:59:59Z"}`,
  '{"id":7,"movement":false,"smoke":false,"temperature":20,"maxTemperature":30,"at":"2026-02-28T00:00:00Z"}',
];

function batchOf(...records: (RecordToEncode | string)[]): { bytes: Buffer; header: BatchHeader } {
  const bytes = encodeRecordBatch(records.map((each) => (typeof each === 'string' ? { key: '7', value: Buffer.from(each) } : each)), 100, 1_000);
  return { bytes, header: readBatchHeader(bytes) };
}

function cursorOver(...records: (RecordToEncode | string)[]): RecordCursor {
  const { bytes, header } = batchOf(...records);
  return new RecordCursor(bytes, header);
}

describe('the scan of normal readings', () => {
  it.each(WRITINGS)('passes over %s', (text) => {
    const cursor = cursorOver(text, text, text);
    expect(cursor.pass(scan)).toBe(3);
    expect(cursor.offset).toBe(102);
    expect(cursor.next()).toBe(false);
  });

  it('passes over readings in all of these writings in turn', () => {
    expect(cursorOver(...WRITINGS, ...WRITINGS).pass(scan)).toBe(2 * WRITINGS.length);
  });

  it.each(WRITINGS)('R1: is not sure of %s with any other byte in any place, unless the recogniser is', (text) => {
    const { bytes, header } = batchOf(text);
    const end = header.end - 1; // behind the value stands the number of headers
    const start = end - text.length;
    let sure = 0;
    for (let at = start; at < end; at += 1) {
      const original = bytes[at]!;
      for (let byte = 0; byte < 256; byte += 1) {
        bytes[at] = byte;
        if (new RecordCursor(bytes, header).pass(scan) === 0) continue;
        sure += 1;
        if (!isNormalReading(bytes, start, end)) throw new Error(`sure of ${bytes.toString('latin1', start, end)}`);
      }
      bytes[at] = original;
    }
    expect(sure).toBeGreaterThan(text.length); // digits that change, at least
  });

  it.each([
    ['an abnormal reading', '{"7", "true", "false", "25.5", "30.0"}'],
    ['a tombstone', { key: '7', value: null }],
    ['an empty value', ''],
    ['a temperature above its maximum', '{"7", "false", "false", "30.1", "30.0"}'],
    ['a reading that goes on', `${USUAL} `],
    ['a reading that is cut', USUAL.slice(0, -1)],
    ['a messageId that is too long', `{"id":7,"movement":false,"smoke":false,"temperature":20,"maxTemperature":30,"messageId":"${'x'.repeat(201)}"}`],
    ['digits without end', `[${'9'.repeat(400_000)}`],
  ])('stops before %s and goes on behind it', (_, odd) => {
    const cursor = cursorOver(USUAL, USUAL, odd, USUAL);
    expect(cursor.pass(scan)).toBe(2);
    expect(cursor.pass(scan)).toBe(0);
    expect(cursor.next()).toBe(true);
    expect(cursor.offset).toBe(102);
    expect(cursor.pass(scan)).toBe(1);
    expect([cursor.offset, cursor.next()]).toEqual([103, false]);
  });

  it('stops at a gap and at the end that the batch says it has', () => {
    const { bytes, header } = batchOf(USUAL, USUAL, USUAL);
    expect(new RecordCursor(bytes, { ...header, lastOffset: 101 }).pass(scan)).toBe(2);
    expect(new RecordCursor(bytes, { ...header, recordCount: 1 }).pass(scan)).toBe(1);
    expect(new RecordCursor(bytes, { ...header, end: header.end - 1 }).pass(scan)).toBe(2);
    const gap = new RecordCursor(bytes, header);
    const recordBytes = (header.end - header.recordsStart) / 3;
    bytes[header.recordsStart + 2 * recordBytes + 3] = 6; // offset delta 3 in place of 2
    expect(gap.pass(scan)).toBe(2);
  });

  it('leaves a record whose value takes all of it, without the number of headers, to the walk that tells of it', () => {
    const { bytes, header } = batchOf(USUAL);
    bytes[header.recordsStart]! -= 2; // one byte less
    const cursor = new RecordCursor(bytes, header);
    expect(cursor.pass(scan)).toBe(0);
    expect(() => cursor.next()).toThrow('a key of 1 and a value of 39 bytes in a record of 45');
  });

  it('reads each batch afresh, with and without others between', () => {
    const [normal, hot] = [batchOf(USUAL, USUAL), batchOf(USUAL, '{"7", "false", "false", "99.5", "30.0"}')];
    const one = new RecordCursor(normal.bytes, normal.header);
    const other = new RecordCursor(hot.bytes, hot.header);
    expect(other.pass(scan)).toBe(1);
    expect(one.pass(scan)).toBe(2);
    expect(other.pass(scan)).toBe(0);
    expect(other.next() && other.offset).toBe(101);
  });

  it('has no parts larger than the module has room for', () => {
    expect(() => new RecordScan(Buffer.from(USUAL_RECORDS_WASM, 'base64'), 300_000)).toThrow('parts of 300000 bytes, there is room for 262144');
  });
});

describe('the hearing of a record that is given', () => {
  it('parses it, and nobody after it does', async () => {
    lastSeen.openPartition(1, 1, []);
    lastSeen.beginBatch(1, 0);
    const record: LogRecord = { offset: 3, key: null, value: Buffer.from('[7, true, false, 25.5, 30]'), headers: {}, appendedAtMs: 0 };
    normalReadings.given!(record);
    record.value!.fill(0);
    const message = toSensorMessage(record, { log: 'log', topic: 'ENTRY', partition: 1, epoch: 0, offset: 3 });
    expect(message).toMatchObject({ type: 'reading', reading: { sensorId: 7, movement: true } });
    const heard: number[] = [];
    await lastSeen.forEach(1, ({ sensorId }) => heard.push(sensorId));
    expect(heard).toEqual([7]);
  });
});
