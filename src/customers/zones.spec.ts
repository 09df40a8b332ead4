import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import ngeohash from 'ngeohash';
import { ZONE_PREFIXES, ZONES, zoneOf, type Zone } from './zones.js';

const GEOHASH_CHARACTERS = '0123456789bcdefghjkmnpqrstuvwxyz';

/** Where a person would look for each place. */
const EXPECTED: Readonly<Record<Zone, readonly (readonly [string, number, number])[]>> = {
  NorthAmerica: [
    ['New York', 40.71, -74.01], ['Mexico City', 19.43, -99.13], ['Anchorage', 61.22, -149.9], ['Honolulu', 21.31, -157.86],
    ['Havana', 23.13, -82.38], ['Panama', 8.98, -79.52], ['Montreal', 45.5, -73.57], ['Los Angeles', 34.05, -118.24],
  ],
  SouthAmerica: [
    ['São Paulo', -23.55, -46.63], ['Lima', -12.05, -77.04], ['Bogotá', 4.71, -74.07], ['Caracas', 10.49, -66.88],
    ['Recife', -8.05, -34.88], ['Ushuaia', -54.8, -68.3], ['Quito', -0.18, -78.47], ['Georgetown', 6.8, -58.16],
  ],
  Oceania: [
    ['Sydney', -33.87, 151.21], ['Auckland', -36.85, 174.76], ['Perth', -31.95, 115.86], ['Invercargill', -46.41, 168.35],
    ['Suva', -18.14, 178.44], ['Papeete', -17.54, -149.57], ['Port Moresby', -9.44, 147.18], ['Darwin', -12.46, 130.84],
  ],
  Mediterranean: [
    ['Madrid', 40.42, -3.7], ['Rome', 41.9, 12.5], ['Athens', 37.98, 23.73], ['Lisbon', 38.72, -9.14], ['Milan', 45.46, 9.19],
    ['Istanbul', 41.01, 28.98], ['Marseille', 43.3, 5.37], ['Nicosia', 35.17, 33.36], ['Las Palmas', 28.12, -15.43],
    ['Barcelona', 41.39, 2.17], ['Valletta', 35.9, 14.51], ['Palma', 39.57, 2.65], ['Ankara', 39.93, 32.86],
  ],
  North: [
    ['Reykjavík', 64.15, -21.94], ['Nuuk', 64.18, -51.72], ['Tromsø', 69.65, 18.96], ['Murmansk', 68.97, 33.08],
    ['Utqiagvik', 71.29, -156.79], ['Norilsk', 69.35, 88.2], ['North Pole', 90, 0], ['Longyearbyen', 78.22, 15.65],
  ],
  UK: [
    ['London', 51.51, -0.13], ['Edinburgh', 55.95, -3.19], ['Belfast', 54.6, -5.93], ['Cardiff', 51.48, -3.18],
    ['Dover', 51.13, 1.31], ['Plymouth', 50.37, -4.14], ['Lerwick', 60.15, -1.15], ['Norwich', 52.63, 1.3],
  ],
  NorthEurope: [
    ['Oslo', 59.91, 10.75], ['Stockholm', 59.33, 18.07], ['Helsinki', 60.17, 24.94], ['Copenhagen', 55.68, 12.57],
    ['Tallinn', 59.44, 24.75], ['Riga', 56.95, 24.11], ['Vilnius', 54.69, 25.28], ['Gothenburg', 57.71, 11.97],
  ],
  CentroEurope: [
    ['Berlin', 52.52, 13.41], ['Paris', 48.86, 2.35], ['Vienna', 48.21, 16.37], ['Warsaw', 52.23, 21.01], ['Prague', 50.09, 14.42],
    ['Brussels', 50.85, 4.35], ['Zürich', 47.38, 8.54], ['Budapest', 47.5, 19.04], ['Bucharest', 44.43, 26.1], ['Kyiv', 50.45, 30.52],
    ['Amsterdam', 52.37, 4.9], ['Brest', 48.39, -4.49], ['Hamburg', 53.55, 9.99], ['Moscow', 55.75, 37.62],
  ],
  Africa: [
    ['Lagos', 6.52, 3.38], ['Nairobi', -1.29, 36.82], ['Cape Town', -33.92, 18.42], ['Cairo', 30.04, 31.24], ['Tunis', 36.81, 10.18],
    ['Algiers', 36.75, 3.06], ['Tangier', 35.76, -5.83], ['Dakar', 14.69, -17.45], ['Antananarivo', -18.88, 47.51], ['Djibouti', 11.59, 43.15],
  ],
  Asia: [
    ['Tokyo', 35.68, 139.69], ['Delhi', 28.61, 77.21], ['Tel Aviv', 32.09, 34.78], ['Jakarta', -6.21, 106.85], ['Riyadh', 24.71, 46.68],
    ['Novosibirsk', 55.01, 82.93], ['Vladivostok', 43.12, 131.89], ['Tbilisi', 41.72, 44.79], ['Manila', 14.6, 120.98], ['Colombo', 6.93, 79.86],
  ],
};

describe('zones', () => {
  it.each(ZONES)('%s has the places that a person expects in it', (zone) => {
    const found = EXPECTED[zone].map(([name, latitude, longitude]) => [name, zoneOf(ngeohash.encode(latitude, longitude, 9))]);
    expect(found).toEqual(EXPECTED[zone].map(([name]) => [name, zone]));
  });

  it('leave no point on Earth out', () => {
    for (const character of GEOHASH_CHARACTERS) expect(ZONES).toContain(zoneOf(character));
    const latitude = fc.double({ min: -90, max: 90, noNaN: true });
    const longitude = fc.double({ min: -180, max: 180, noNaN: true });
    fc.assert(
      fc.property(latitude, longitude, (lat, lon) => expect(ZONES).toContain(zoneOf(ngeohash.encode(lat, lon, 9)))),
      { numRuns: 2000 },
    );
  });

  it('take the longest prefix that matches', () => {
    expect([zoneOf('s'), zoneOf('sp'), zoneOf('sp8'), zoneOf('sp8zzzzzz')]).toEqual([
      'Africa', 'Mediterranean', 'CentroEurope', 'CentroEurope',
    ]);
  });

  it('have prefixes of one to three geohash characters, none in two zones', () => {
    const all = ZONES.flatMap((zone) => ZONE_PREFIXES[zone]);
    for (const prefix of all) expect(prefix).toMatch(new RegExp(`^[${GEOHASH_CHARACTERS}]{1,3}$`));
    expect(new Set(all).size).toBe(all.length);
  });

  it.each(['', 'a', 'ö', ' s', 'S'])('refuse %j, which is no geohash', (text) => {
    expect(() => zoneOf(text)).toThrow(JSON.stringify(text));
  });

  it('are in docs/zones.md as they are in the code', () => {
    const rows = ZONES.map((zone) => `| ${zone} | ${ZONE_PREFIXES[zone].map((prefix) => `\`${prefix}\``).join(' ')} |`);
    const document = readFileSync('docs/zones.md', 'utf8');
    expect(document.split('\n').filter((line) => /^\| \w+ \| `/.test(line))).toEqual(rows);
    for (const zone of ZONES) expect(document).toContain(`- **${zone}**: `);
  });
});
