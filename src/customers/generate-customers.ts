import type { Faker } from '@faker-js/faker';
import ngeohash from 'ngeohash';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { COUNTRY_BY_CODE } from './countries.js';
import type { Customer } from './customer.js';
import { inhabitedPlaces, type InhabitedPlace } from './inhabited-places.js';
import { ZONES, zoneOf, type Zone } from './zones.js';

/** How many customers of each block of 100 live in each zone. */
export const ZONE_SHARES: Readonly<Record<Zone, number>> = {
  NorthAmerica: 18,
  SouthAmerica: 12,
  Oceania: 6,
  Mediterranean: 14,
  North: 3,
  UK: 8,
  NorthEurope: 8,
  CentroEurope: 16,
  Africa: 7,
  Asia: 8,
};

/** Customers are made in blocks, each from its own seed, so that one can begin in the middle; a block takes about 5 ms. */
const BLOCK = 100;

/** The newest day of birth is before 2000; written out so that no clock is read. */
const FIRST_BIRTH_YEAR = 1935;
const LAST_BIRTH_YEAR = 1999;

const STREETS = ['Street', 'Avenue', 'Road', 'Lane', 'Square', 'Way', 'Drive', 'Court'] as const;
const TITLES = { female: ['Ms.', 'Mrs.', 'Dr.'], male: ['Mr.', 'Mr.', 'Dr.'] } as const;

/**
 * Invented customers with ids `fromId` (default 1) to `count`, in blocks by ascending id: persons from faker,
 * homes within some kilometres of real places. `seed` is an integer from 0 to 2³²−1.
 *
 * The same seed gives the same customer for the same id, whatever `count` and `fromId`; every zone has
 * some from 100 customers on, and big towns more than small ones. E-mail addresses are of the reserved
 * domain example.com, so that none is anybody's.
 */
export async function* generateCustomers(options: {
  readonly count: number;
  readonly seed: number;
  readonly fromId?: number;
}): AsyncGenerator<readonly Customer[]> {
  const { count, seed, fromId = 1 } = options;
  if (count < fromId) return;
  const places = await placesByZone();
  // Loaded here because only a first start needs it, and only in one language: all of them take ten times as long.
  const { faker } = await import('@faker-js/faker/locale/en');
  for (let firstId = fromId - ((fromId - 1) % BLOCK); firstId <= count; firstId += BLOCK) {
    const block = generateBlock(faker, places, seed, firstId);
    yield block.filter((customer) => customer.id >= fromId && customer.id <= count);
    await nextTurn();
  }
}

/** Synchronous from its seeding on, so that two generations at once do not disturb each other. */
function generateBlock(faker: Faker, places: ReadonlyMap<Zone, WeightedPlaces>, seed: number, firstId: number): Customer[] {
  faker.seed([seed, firstId]);
  return Array.from({ length: BLOCK }, (_, i) => generateCustomer(faker, places, firstId + i));
}

function generateCustomer(faker: Faker, places: ReadonlyMap<Zone, WeightedPlaces>, id: number): Customer {
  const place = choose(places.get(ZONE_OF_HUNDRED[id % BLOCK] as Zone) as WeightedPlaces, faker.number.float());
  const country = COUNTRY_BY_CODE.get(place.countryCode);
  if (!country) throw new Error(`${place.name}: country ${place.countryCode} is not in countries.ts`);
  const gender = faker.person.sexType();
  const name = faker.person.firstName(gender);
  const surname = faker.person.lastName();
  const login = `${name}.${surname}.${id}`.toLowerCase().replace(/[^a-z0-9.]/g, '');
  const { latitude, longitude } = near(place, faker);
  const geohash = ngeohash.encode(latitude, longitude, 9);
  return {
    id,
    name,
    surname,
    gender,
    nationalid: `${place.countryCode}${faker.string.numeric(8)}`,
    birthday: birthday(faker),
    streetaddress: `${faker.number.int({ min: 1, max: 299 })} ${faker.person.lastName()} ${faker.helpers.arrayElement(STREETS)}`,
    city: place.name,
    zipcode: faker.string.numeric(5),
    country: country.name,
    telephonecountrycode: country.phoneCode,
    telephonenumber: faker.string.numeric({ length: 9, allowLeadingZeros: false }),
    latitude,
    longitude,
    emailaddress: `${login}@example.com`,
    title: faker.helpers.arrayElement(TITLES[gender === 'female' ? 'female' : 'male']),
    occupation: faker.person.jobTitle(),
    company: faker.company.name(),
    username: login,
    geohash,
    dashboard: zoneOf(geohash),
  };
}

function birthday(faker: Faker): string {
  const year = faker.number.int({ min: FIRST_BIRTH_YEAR, max: LAST_BIRTH_YEAR });
  const month = faker.number.int({ min: 1, max: 12 });
  const day = faker.number.int({ min: 1, max: 28 });
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** A point within about 3 km of the place's centre, with six decimals (10 cm). */
function near(place: InhabitedPlace, faker: Faker): { latitude: number; longitude: number } {
  const off = () => faker.number.float({ min: -0.02, max: 0.02 });
  const latitude = Math.min(90, Math.max(-90, place.latitude + off()));
  const longitude = Math.min(180, Math.max(-180, place.longitude + off()));
  return { latitude: sixDecimals(latitude), longitude: sixDecimals(longitude) };
}

function sixDecimals(degrees: number): number {
  // Adding 0 makes 0 of -0, which a store does not keep.
  return Math.round(degrees * 1e6) / 1e6 + 0;
}

/** The zones of 100 ids that follow each other, mixed: 37 and 100 have no common divisor, so each is met once. */
const ZONE_OF_HUNDRED: readonly Zone[] = mixedByShare();

function mixedByShare(): Zone[] {
  const sorted = ZONES.flatMap((zone) => Array.from({ length: ZONE_SHARES[zone] }, () => zone));
  return sorted.map((_, i) => sorted[(i * 37) % sorted.length] as Zone);
}

/** Places, each with the sum of the weights up to and with its own. */
interface WeightedPlaces {
  readonly places: InhabitedPlace[];
  readonly weightsUpTo: number[];
}

async function placesByZone(): Promise<ReadonlyMap<Zone, WeightedPlaces>> {
  const byZone = new Map<Zone, WeightedPlaces>(ZONES.map((zone) => [zone, { places: [], weightsUpTo: [] }]));
  for await (const page of inhabitedPlaces()) {
    for (const place of page) {
      const { places, weightsUpTo } = byZone.get(zoneOf(ngeohash.encode(place.latitude, place.longitude, 3))) as WeightedPlaces;
      places.push(place);
      // The root of the population: else half of a zone's customers would live in its three largest cities.
      weightsUpTo.push((weightsUpTo.at(-1) ?? 0) + Math.sqrt(place.population));
    }
    await nextTurn();
  }
  return byZone;
}

/** The place at `share`, from 0 to below 1, of the sum of all weights. */
function choose({ places, weightsUpTo }: WeightedPlaces, share: number): InhabitedPlace {
  const wanted = share * (weightsUpTo.at(-1) ?? 0);
  let low = 0;
  let high = places.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((weightsUpTo[middle] as number) > wanted) high = middle;
    else low = middle + 1;
  }
  return places[low] as InhabitedPlace;
}
