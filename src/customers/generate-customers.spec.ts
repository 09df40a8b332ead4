import { createHash } from 'node:crypto';
import ngeohash from 'ngeohash';
import { COUNTRY_BY_CODE } from './countries.js';
import { CUSTOMER_COLUMNS, type Customer } from './customer.js';
import { generateCustomers } from './generate-customers.js';
import { inhabitedPlaces } from './inhabited-places.js';
import { ZONES, zoneOf } from './zones.js';

async function generate(options: { count: number; seed: number; fromId?: number }): Promise<Customer[]> {
  const all: Customer[] = [];
  for await (const block of generateCustomers(options)) all.push(...block);
  return all;
}

describe('generateCustomers', () => {
  it('makes ids 1 to count, complete in every column', async () => {
    const customers = await generate({ count: 234, seed: 1 });
    expect(customers.map((customer) => customer.id)).toEqual(Array.from({ length: 234 }, (_, i) => i + 1));
    for (const customer of customers) {
      expect(Object.keys(customer)).toEqual([...CUSTOMER_COLUMNS, 'geohash', 'dashboard']);
      expect(CUSTOMER_COLUMNS.filter((column) => !/\S/.test(String(customer[column])))).toEqual([]);
      expect(customer.geohash).toBe(ngeohash.encode(customer.latitude, customer.longitude, 9));
      expect(customer.dashboard).toBe(zoneOf(customer.geohash));
      expect(customer.birthday).toMatch(/^19\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d)$/);
      expect(customer.emailaddress).toMatch(/^[a-z0-9.]+@example\.com$/);
    }
    expect(new Set(customers.map((customer) => customer.username)).size).toBe(234);
  });

  it('makes the same of the same seed, and others of another', async () => {
    const [first, again, other] = [await generate({ count: 300, seed: 7 }), await generate({ count: 300, seed: 7 }), await generate({ count: 300, seed: 8 })];
    expect(again).toEqual(first);
    const same = other.filter((customer, i) => customer.surname === first[i]?.surname && customer.city === first[i]?.city);
    expect(same.length).toBeLessThan(5);
  });

  it('makes what it made when this was written', async () => {
    const digest = createHash('sha256').update(JSON.stringify(await generate({ count: 1000, seed: 1 }))).digest('hex');
    expect(digest).toBe('12706bc5c92d2dff4e25f9584c4b3bd0df32b2225e94e0c8718d9668709d562e');
  });

  it('makes a customer the same wherever it begins and ends, and while another generation runs', async () => {
    const all = await generate({ count: 500, seed: 3 });
    const [middle, few] = await Promise.all([generate({ count: 420, seed: 3, fromId: 257 }), generate({ count: 30, seed: 3 })]);
    expect(middle).toEqual(all.slice(256, 420));
    expect(few).toEqual(all.slice(0, 30));
    expect(await generate({ count: 5, seed: 3, fromId: 6 })).toEqual([]);
    expect(await generate({ count: 0, seed: 3 })).toEqual([]);
  });

  it('spreads them over all ten zones from 100 on', async () => {
    for (const seed of [1, 2, 3]) {
      const zones = new Set((await generate({ count: 100, seed })).map((customer) => customer.dashboard));
      expect([...zones].sort()).toEqual([...ZONES].sort());
    }
  });

  it('places them at real towns of the country named, big towns more often', async () => {
    const customers = await generate({ count: 2000, seed: 5 });
    const towns = new Map<string, { latitude: number; longitude: number; population: number; phoneCode: string }[]>();
    let populations = 0;
    let count = 0;
    for await (const page of inhabitedPlaces()) {
      for (const place of page) {
        const country = COUNTRY_BY_CODE.get(place.countryCode);
        const key = `${place.name}, ${country?.name}`;
        towns.set(key, [...(towns.get(key) ?? []), { ...place, phoneCode: country?.phoneCode ?? '' }]);
        populations += place.population;
        count += 1;
      }
    }
    let lived = 0;
    const astray: Customer[] = [];
    for (const customer of customers) {
      const near = towns
        .get(`${customer.city}, ${customer.country}`)
        ?.find((town) => Math.abs(town.latitude - customer.latitude) < 0.021 && Math.abs(town.longitude - customer.longitude) < 0.021);
      if (near?.phoneCode !== customer.telephonecountrycode) astray.push(customer);
      lived += near?.population ?? 0;
    }
    expect(astray).toEqual([]);
    expect(lived / customers.length).toBeGreaterThan(3 * (populations / count));
  });
});
