import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { withAppend } from '../../test/support/notifier-bench.js';
import { SkippableClock } from '../../test/support/skippable-clock.js';
import { waitFor } from '../../test/support/wait-for.js';
import { systemClock, type Clock } from '../clock.js';
import { OutcomeUnknown, StoreUnavailable, type EventStore, type RecordedEvent } from '../event-store/event-store.js';
import { LibsqlEventStore } from '../event-store/libsql-event-store.js';
import { LeaseStream } from './lease-stream.js';
import { LeasedRole, type LeaseTimes, type TermWork } from './leased-role.js';
import type { Term } from './term.js';

const TIMES: LeaseTimes = { ttlMs: 1500, marginMs: 300, renewEveryMs: 150, lookEveryMs: 50 };

/** The work of a term: notes when it may act, and how it was ended. */
class Work implements TermWork {
  readonly begunAtMs = performance.now();
  ended: 'in order' | 'retired' | null = null;
  endedAtMs = Infinity;

  constructor(
    readonly who: string,
    readonly term: Term,
  ) {}

  async stop(): Promise<void> {
    this.end('in order');
  }

  async retire(): Promise<void> {
    this.end('retired');
  }

  private end(how: 'in order' | 'retired'): void {
    this.ended ??= how;
    this.endedAtMs = Math.min(this.endedAtMs, performance.now());
  }
}

describe('a role of which one process at a time does the work', () => {
  let dir: string;
  let store: LibsqlEventStore;
  let works: Work[];
  let roles: LeasedRole<Work>[];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vigia-lease-'));
    store = await LibsqlEventStore.open(dir, { clock: systemClock });
    works = [];
    roles = [];
  });
  afterEach(async () => {
    await Promise.all(roles.map((role) => role.stop()));
    await store.close();
    await rm(dir, { recursive: true });
  });

  function start(owner: string, { on = store, clock = systemClock }: { readonly on?: EventStore; readonly clock?: Clock } = {}): LeasedRole<Work> {
    const begin = (term: Term): Work => {
      const work = new Work(owner, term);
      works.push(work);
      return work;
    };
    const role = new LeasedRole({ role: 'notify', lease: new LeaseStream('notify', on, clock), owner, clock, begin, log: { info: () => undefined, warn: () => undefined }, times: TIMES });
    roles.push(role);
    role.start();
    return role;
  }

  const events = async (): Promise<RecordedEvent[]> => {
    const read: RecordedEvent[] = [];
    for await (const event of store.readStream('lease-notify')) read.push(event);
    return read;
  };
  const untilActive = (role: LeasedRole<Work>) => waitFor('the taking of the lease', () => role.status().state === 'active');

  it('is taken by the first, kept by renewals, and the others say who has it', async () => {
    const first = start('first');
    await untilActive(first);
    const second = start('second');
    await systemClock.sleep(2 * TIMES.ttlMs);
    expect(works.map(({ who }) => who)).toEqual(['first']);
    expect(works[0]?.term.isHeld()).toBe(true);
    expect(first.status()).toMatchObject({ state: 'active', owner: 'first', term: 1, taken: 1, lost: 0, lastError: null });
    expect(second.status()).toMatchObject({ state: 'standby', owner: 'first', term: 1, taken: 0, lost: 0, lastError: null });
    const [newest, ...older] = await events();
    expect(older).toEqual([]);
    expect(newest).toMatchObject({ type: 'LeaseRenewed', data: { owner: 'first', term: 1, ttlMs: TIMES.ttlMs } });
    expect(newest!.revision).toBeGreaterThan(5n);
  });

  it('passes on at once when its holder stops in order, whose work has ended by then', async () => {
    const first = start('first');
    await untilActive(first);
    const second = start('second');
    const stopped = performance.now();
    await first.stop();
    expect(first.status().state).toBe('idle');
    await untilActive(second);
    expect(performance.now() - stopped).toBeLessThan(TIMES.ttlMs / 2);
    expect(works.map(({ who, ended }) => [who, ended])).toEqual([['first', 'in order'], ['second', null]]);
    expect(works[0]!.endedAtMs).toBeLessThanOrEqual(works[1]!.begunAtMs);
    expect(works[0]!.term.isHeld()).toBe(false);
    expect(second.status()).toMatchObject({ owner: 'second', term: 2 });
  });

  it('is no longer held when its release is sent, so that what a stop has not waited for begins nothing', async () => {
    const heldAtRelease: boolean[] = [];
    const watched = withAppend(store, (append, stream, toAppend, expected) => {
      if (toAppend[0]!.type === 'LeaseReleased') heldAtRelease.push(works[0]!.term.isHeld());
      return append(stream, toAppend, expected);
    });
    const role = start('first', { on: watched });
    await untilActive(role);
    await role.stop();
    expect(heldAtRelease).toEqual([false]);
  });

  it('is taken over when its holder can renew no longer, and that one has stopped before', async () => {
    let isCut = false;
    const first = start('first', { on: withAppend(store, (append, ...call) => (isCut ? new Promise(() => undefined) : append(...call))) });
    await untilActive(first);
    const second = start('second');
    await systemClock.sleep(TIMES.renewEveryMs);
    isCut = true;
    const cut = performance.now();
    await untilActive(second);
    expect(performance.now() - cut).toBeLessThan(2 * TIMES.ttlMs);
    expect(works.map(({ who, ended }) => [who, ended])).toEqual([['first', 'retired'], ['second', null]]);
    expect(works[1]!.begunAtMs - works[0]!.endedAtMs).toBeGreaterThan(TIMES.marginMs / 2);
    expect(first.status()).toMatchObject({ state: 'standby', lost: 1 });
  });

  it('stays where it is while the store is away for a moment, and an append cut after it was stored is no loss', async () => {
    let isAway = false;
    let cuts = 2;
    const first = start('first', {
      on: withAppend(store, async (append, stream, appended, expected) => {
        if (isAway) throw new StoreUnavailable('the spec has taken it down');
        const result = await append(stream, appended, expected);
        if (cuts-- > 0) throw new OutcomeUnknown('cut');
        return result;
      }),
    });
    await untilActive(first);
    start('second');
    await systemClock.sleep(300);
    isAway = true;
    await systemClock.sleep(TIMES.ttlMs / 3);
    isAway = false;
    await systemClock.sleep(2 * TIMES.ttlMs);
    expect(works.map(({ who }) => who)).toEqual(['first']);
    expect(first.status()).toMatchObject({ taken: 1, lost: 0, lastError: null });
  });

  it('is taken again at once by the only process, when the store was away for long', async () => {
    let isAway = false;
    const only = start('only', {
      on: withAppend(store, async (append, ...call) => {
        if (isAway) throw new StoreUnavailable('the spec has taken it down');
        return append(...call);
      }),
    });
    await untilActive(only);
    isAway = true;
    await waitFor('the loss', () => only.status().state === 'standby');
    await waitFor('the reason', () => only.status().lastError?.includes('the spec has taken it down') === true);
    isAway = false;
    const back = performance.now();
    await untilActive(only);
    expect(performance.now() - back).toBeLessThan(TIMES.ttlMs / 2);
    expect(works.map(({ ended }) => ended)).toEqual(['retired', null]);
    expect(only.status()).toMatchObject({ term: 2, taken: 2, lost: 1, lastError: null });
  });

  it('is lost at the next renewal when another process has taken it nonetheless', async () => {
    const first = start('first');
    await untilActive(first);
    const { revision } = (await events())[0]!;
    await new LeaseStream('notify', store, systemClock).append('LeaseTaken', { owner: 'other', term: 7, ttlMs: TIMES.ttlMs }, revision, () => false);
    // Without a renewal it would go on for this long.
    await waitFor('the loss', () => first.status().state === 'standby', TIMES.ttlMs - TIMES.marginMs - TIMES.renewEveryMs);
    await waitFor('the sight of the other', () => first.status().owner === 'other');
    expect(works[0]).toMatchObject({ ended: 'retired' });
    await waitFor('another taking, as the other does not renew', () => first.status().term === 8);
  });

  it('is not held by a machine that was suspended, from the first look at a clock', async () => {
    const clock = new SkippableClock();
    const first = start('first', { clock });
    await untilActive(first);
    clock.skip(TIMES.ttlMs); // as the wall clock does, while the monotonic one has stood still
    expect(works[0]!.term.isHeld()).toBe(false);
    await waitFor('the end of the work', () => works[0]!.ended === 'retired');
  });

  it('is not taken early by a process whose wall clock is put forward', async () => {
    const clock = new SkippableClock();
    await untilActive(start('first'));
    start('second', { clock });
    await systemClock.sleep(2 * TIMES.lookEveryMs);
    clock.skip(3_600_000);
    await systemClock.sleep(TIMES.ttlMs);
    expect(works.map(({ who }) => who)).toEqual(['first']);
  });

  it('waits for whoever wrote an event that can’t be read, then goes on', async () => {
    await store.append('lease-notify', [{ id: randomUUID(), type: 'LeaseTaken', data: { of: 'a later version' }, metadata: {} }], 'no-stream');
    const role = start('first');
    await systemClock.sleep(TIMES.ttlMs / 2);
    expect(role.status()).toMatchObject({ state: 'standby', owner: 'unknown' });
    await untilActive(role);
  });

  it('needs no lease where the store is of one process', async () => {
    const begin = (term: Term): Work => new Work('only', term);
    const role = new LeasedRole({ role: 'count', lease: null, owner: 'only', clock: systemClock, begin, log: { info: () => undefined, warn: () => undefined } });
    expect(role.status().state).toBe('idle');
    role.start();
    expect(role.status()).toMatchObject({ state: 'active', term: 0 });
    const { work } = role;
    expect(work?.term.isHeld()).toBe(true);
    await role.stop();
    expect(work?.ended).toBe('in order');
    expect(role.status().state).toBe('idle');
  });
});
