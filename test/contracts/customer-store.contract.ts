import { CustomerRefused, CustomersUnavailable, type CustomerStore } from '../../src/customers/customer-store.js';
import type { Customer, SensorPlace } from '../../src/customers/customer.js';
import { LONGEST_NOTE, NoteRefused, type Note } from '../../src/customers/note-store.js';

/** What a suite needs of an adapter: an empty store, and the same data opened anew after `close`. */
export interface CustomerStoreUnderTest {
  open(): Promise<CustomerStore>;
}

/** One customer, complete and plain; `change` replaces columns. */
export function customerExample(id: number, change: Partial<Customer> = {}): Customer {
  return {
    id,
    name: 'Ana',
    surname: 'García Núñez',
    gender: 'female',
    nationalid: '12345678Z',
    birthday: '1980-02-29',
    streetaddress: 'Calle Mayor 1, 2º B',
    city: 'Madrid',
    zipcode: '28013',
    country: 'Spain',
    telephonecountrycode: '34',
    telephonenumber: '912345678',
    latitude: 40.416775,
    longitude: -3.70379,
    emailaddress: 'ana@example.com',
    title: 'Ms.',
    occupation: 'Engineer',
    company: 'Acme',
    username: `ana${id}`,
    geohash: 'ezjmgtwdf',
    dashboard: 'Mediterranean',
    ...change,
  };
}

/** Texts that a careless store changes, cuts or takes for commands. */
export const HOSTILE_TEXTS: readonly string[] = [
  '', ' ', '  padded  ', 'quote " and ""', "it's; DROP TABLE datosclientes; --", 'line\r\nbreaks\nand\rreturns', '=cmd()', 'tab\tand , ; |',
  'emoji 👩‍👩‍👧 and 𝄞', 'combining é and right-to-left שלום', '\u001b[31mred', '%s ${x} {{y}} \\n', 'null', 'NaN', '007', '1e3',
  'x'.repeat(10_240),
];

/** The behaviour that every adapter of `CustomerStore` has. Each test gets a store of its own from `create`. */
export function customerStoreContract(name: string, create: () => Promise<CustomerStoreUnderTest>): void {
  describe(`CustomerStore contract: ${name}`, () => {
    let underTest: CustomerStoreUnderTest;
    let store: CustomerStore;

    beforeEach(async () => {
      underTest = await create();
      store = await underTest.open();
    });
    afterEach(() => store.close());

    it('is empty at first', async () => {
      expect(await store.count()).toBe(0);
      expect(await store.find(1)).toBeNull();
      expect(await allPlaces(store)).toEqual([]);
      expect(await store.erase(1)).toBe(false);
    });

    it('gives back each customer as it was saved, with id 0 and the highest too', async () => {
      const saved = [
        customerExample(0, { latitude: -90, longitude: -180 }),
        customerExample(42_959, { latitude: 0, longitude: 0.1 + 0.2 }),
        customerExample(2_147_483_647, { latitude: 90, longitude: 180 }),
      ];
      await store.save(saved);
      for (const customer of saved) expect(await store.find(customer.id)).toEqual(customer);
      expect(await store.count()).toBe(3);
    });

    it('keeps them when it is closed and opened again', async () => {
      await store.save([customerExample(1)]);
      const version = await store.version();
      await store.close();
      store = await underTest.open();
      expect(await store.find(1)).toEqual(customerExample(1));
      expect(await store.version()).toBe(version);
    });

    it('keeps hostile text in every column unchanged', async () => {
      const textColumns = (Object.keys(customerExample(0)) as (keyof Customer)[]).filter((column) => typeof customerExample(0)[column] === 'string');
      const saved = HOSTILE_TEXTS.map((text, i) => customerExample(i, Object.fromEntries(textColumns.map((column) => [column, text]))));
      await store.save(saved);
      for (const customer of saved) expect(await store.find(customer.id)).toEqual(customer);
      expect(await store.count()).toBe(saved.length);
    });

    it.each(['NUL \0 inside', '\0', 'half a pair \ud83d'])('refuses %j, naming id and column, and saves nothing of the call', async (text) => {
      const saving = store.save([customerExample(1), customerExample(2, { streetaddress: text })]);
      await expect(saving).rejects.toBeInstanceOf(CustomerRefused);
      await expect(saving).rejects.toThrow('customer 2: streetaddress holds');
      expect(await store.count()).toBe(0);
    });

    it('overwrites by id, the last of the same id in one save too', async () => {
      await store.save([customerExample(1), customerExample(2)]);
      await store.save([customerExample(1, { name: 'Eva' }), customerExample(1, { name: 'Sara' })]);
      expect((await store.find(1))?.name).toBe('Sara');
      expect((await store.find(2))?.name).toBe('Ana');
      expect(await store.count()).toBe(2);
    });

    it('is the same after the same rows twice', async () => {
      const rows = [customerExample(1), customerExample(2)];
      await store.save(rows);
      await store.save(rows);
      expect(await store.count()).toBe(2);
      expect(await allPlaces(store)).toHaveLength(2);
    });

    it('gives the place of every sensor once, by ascending id, over many pages', async () => {
      const ids = Array.from({ length: 2500 }, (_, i) => (i * 7919) % 2500);
      await store.save(ids.map((id) => customerExample(id, { geohash: `s${id}`, dashboard: id % 2 ? 'Africa' : 'UK' })));
      const expected = ids.map((_, id): SensorPlace => ({ sensorId: id, geohash: `s${id}`, zone: id % 2 ? 'Africa' : 'UK' }));
      expect(await allPlaces(store)).toEqual(expected);
    });

    it('gives every customer once, over many pages', async () => {
      const saved = Array.from({ length: 2500 }, (_, id) => customerExample(id, { company: HOSTILE_TEXTS[id % 16] as string, longitude: id / 17 }));
      await store.save(saved);
      const found: Customer[] = [];
      for await (const page of store.all()) found.push(...page);
      expect(found.sort((a, b) => a.id - b.id)).toEqual(saved);
    });

    it('erases all of a customer and nothing of another', async () => {
      await store.save([customerExample(1), customerExample(2)]);
      expect(await store.erase(1)).toBe(true);
      expect(await store.erase(1)).toBe(false);
      expect(await store.find(1)).toBeNull();
      expect(await store.find(2)).toEqual(customerExample(2));
      expect(await allPlaces(store)).toEqual([{ sensorId: 2, geohash: 'ezjmgtwdf', zone: 'Mediterranean' }]);
      expect(await store.count()).toBe(1);
    });

    it('has another version after every save or erasure that changes something, and only then', async () => {
      const versions = [await store.version()];
      const after = async (change: Promise<unknown>) => {
        await change;
        versions.push(await store.version());
      };
      await after(store.save([customerExample(1)]));
      await after(store.save([customerExample(1, { city: 'Toledo' })]));
      await after(store.save([customerExample(2)]));
      await after(store.erase(2));
      await after(store.save([customerExample(2)]));
      expect(new Set(versions).size).toBe(versions.length);
      await after(store.erase(99));
      await after(store.find(1));
      await after(store.save([]));
      expect(new Set(versions.slice(-4)).size).toBe(1);
    });

    it('keeps notes unchanged, also over a restart, and of a sensor without a customer', async () => {
      const saved = HOSTILE_TEXTS.filter((text) => text.length > 0 && text.length <= LONGEST_NOTE).map((text, i) => ({ sensorId: i % 3, eventId: noteId(i), text }));
      for (const note of saved) await store.notes.save(note);
      await store.notes.save(saved[0]!);
      await store.close();
      store = await underTest.open();
      for (const { sensorId, eventId, text } of saved) expect(await store.notes.find(sensorId, [eventId, noteId(999)])).toEqual(new Map([[eventId, text]]));
      expect((await allNotes(store)).sort((a, b) => a.eventId.localeCompare(b.eventId))).toEqual(saved);
      expect(await store.notes.find(0, [])).toEqual(new Map());
    });

    it('gives every note once, over many pages', async () => {
      const saved = Array.from({ length: 1100 }, (_, i) => ({ sensorId: i % 7, eventId: noteId(i), text: `note ${i}` }));
      await Promise.all(saved.slice(0, 50).map((note) => store.notes.save(note)));
      for (const note of saved.slice(50)) await store.notes.save(note);
      expect((await allNotes(store)).sort((a, b) => a.eventId.localeCompare(b.eventId))).toEqual(saved);
    });

    it.each(['', 'x'.repeat(LONGEST_NOTE + 1), 'NUL \0 inside', 'half a pair \ud83d'])('refuses a note with a text that it would change: %#', async (text) => {
      await expect(store.notes.save({ sensorId: 1, eventId: noteId(1), text })).rejects.toBeInstanceOf(NoteRefused);
      expect(await allNotes(store)).toEqual([]);
    });

    it('removes one note, and erases those of a customer with the customer', async () => {
      await store.save([customerExample(1), customerExample(2)]);
      for (const [i, sensorId] of [1, 1, 2, 3].entries()) await store.notes.save({ sensorId, eventId: noteId(i), text: `note ${i}` });
      await store.notes.remove(1, noteId(0));
      expect(await store.notes.find(1, [noteId(0), noteId(1)])).toEqual(new Map([[noteId(1), 'note 1']]));
      expect(await store.erase(1)).toBe(true);
      // Of a sensor without a customer, too.
      expect(await store.erase(3)).toBe(true);
      expect(await store.erase(3)).toBe(false);
      expect(await allNotes(store)).toEqual([{ sensorId: 2, eventId: noteId(2), text: 'note 2' }]);
    });

    it('takes saves at the same time', async () => {
      await Promise.all(Array.from({ length: 20 }, (_, i) => store.save([customerExample(i), customerExample(100)])));
      expect(await store.count()).toBe(21);
    });

    it('says CustomersUnavailable when it cannot answer', async () => {
      await store.save([customerExample(1)]);
      await store.close();
      await expect(store.find(1)).rejects.toBeInstanceOf(CustomersUnavailable);
      await expect(store.count()).rejects.toBeInstanceOf(CustomersUnavailable);
      await expect(store.version()).rejects.toBeInstanceOf(CustomersUnavailable);
      await expect(store.save([customerExample(2)])).rejects.toBeInstanceOf(CustomersUnavailable);
      await expect(store.all()[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(CustomersUnavailable);
      await expect(store.erase(1)).rejects.toBeInstanceOf(CustomersUnavailable);
      await expect(store.notes.save({ sensorId: 1, eventId: noteId(1), text: 'x' })).rejects.toBeInstanceOf(CustomersUnavailable);
      await expect(store.notes.find(1, [noteId(1)])).rejects.toBeInstanceOf(CustomersUnavailable);
      await expect(store.notes.remove(1, noteId(1))).rejects.toBeInstanceOf(CustomersUnavailable);
      await expect(allNotes(store)).rejects.toBeInstanceOf(CustomersUnavailable);
      await expect(allPlaces(store)).rejects.toBeInstanceOf(CustomersUnavailable);
    });
  });
}

async function allPlaces(store: CustomerStore): Promise<SensorPlace[]> {
  const places: SensorPlace[] = [];
  for await (const page of store.places()) places.push(...page);
  return places;
}

/** A UUID that sorts by its number. */
const noteId = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

async function allNotes(store: CustomerStore): Promise<Note[]> {
  const notes: Note[] = [];
  for await (const page of store.notes.all()) notes.push(...page);
  return notes;
}
