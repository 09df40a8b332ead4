import type { Writable } from 'node:stream';
import { isoTime, type Clock } from '../../clock.js';
import type { EventStore, Position, RecordedEvent } from '../../event-store/event-store.js';
import type { AlarmReads } from '../../projections/alarm-reads.js';
import { CHANGES, framesOfChanges } from './frames-of-changes.js';
import type { IsProjected } from './is-projected.js';
import { LiveClient } from './live-client.js';
import { toWire, type LiveFrame } from './live-frame.js';

export const MAX_LIVE_CLIENTS = 64;
export const HEARTBEAT_MS = 15_000;

/** When all places are taken, whoever has had one for so long gives it to the next; a page that reads comes back at once and misses nothing. */
export const LEAST_STAY_MS = 20_000;

/** Changes that come within this time go out together, so that a storm costs the page four refreshes a second. */
const GATHER_MS = 250;

/** Changes told one by one at most: their alarms are read in about 10 ms. In a storm of more a page loads everything anew, which is less. */
const MAX_GATHERED = 250;

/** A client that missed more than this loads everything anew, which is less. */
const MAX_REPLAYED = 1000;

/** How often it is looked whether the read models have what is to be told, and how long at most. */
export const PROJECTED_POLL_MS = 50;
const PROJECTED_LIMIT_MS = 5000;

/** Pause before the feed starts again after it failed. */
const REPAIR_MS = 1000;

/**
 * Tells all connected pages what changed. One subscription serves all of them; an alarm is told of only
 * when the read models have it, so that a page which then asks for more finds it.
 */
export class LiveFeed {
  private readonly clients = new Set<LiveClient>();
  private readonly stopping = new AbortController();
  /** All changes to here have been told; null before the first event of all. */
  private position: Position | null = null;
  private running: Promise<unknown> = Promise.resolve();
  /** Who waits for the read models to have a position waits together: to ask them is to read their checkpoints. */
  private readonly waiting = new Map<Position, Promise<void>>();
  private cutClients = 0;
  private displacedClients = 0;

  constructor(
    private readonly store: EventStore,
    private readonly alarms: Pick<AlarmReads, 'get'>,
    private readonly isProjected: IsProjected,
    private readonly clock: Clock,
    private readonly logFailure: (error: unknown) => void,
  ) {}

  get connected(): number {
    return this.clients.size;
  }

  /** How many clients were cut because they did not read. */
  get cut(): number {
    return this.cutClients;
  }

  /** How many clients gave their place to another. */
  get displaced(): number {
    return this.displacedClients;
  }

  /** What all clients have left unread. */
  get unreadBytes(): number {
    return [...this.clients].reduce((sum, client) => sum + client.unreadBytes, 0);
  }

  /** False when all places are taken, and nobody has had one for long enough to give it away. */
  makeRoom(): boolean {
    if (this.clients.size < MAX_LIVE_CLIENTS) return true;
    // In the order in which they came.
    const [first] = this.clients;
    if (first === undefined || this.clock.now() - first.sinceMs < LEAST_STAY_MS) return false;
    this.displacedClients += 1;
    first.giveWay();
    return true;
  }

  /** Begins with what happens from now on, or from when the store answers again. */
  async start(): Promise<void> {
    const hasBegun = await this.begin();
    this.running = Promise.all([this.follow(hasBegun), this.beat()]);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    for (const client of [...this.clients]) client.close();
    await this.running;
  }

  /** Adds a client; with the id of the last event it got, it is first told what it missed. */
  async connect(out: Writable, lastEventId: string | null): Promise<void> {
    const client = new LiveClient(out, this.clock.now(), (ended, wasCut) => {
      this.clients.delete(ended);
      if (wasCut) this.cutClients += 1;
    });
    const { position } = this;
    const isResumed = lastEventId !== null;
    this.clients.add(client);
    client.write(`retry: 2000\n${toWire({ event: 'hello', id: isResumed ? null : position, data: { at: this.now(), isResumed } })}`);
    // What is told from here on is after `position`, so there is neither gap nor overlap.
    if (isResumed) await this.replay(client, lastEventId, position);
    else if (position !== null) await this.completeFirstLook(client, position);
  }

  /** What was told while nobody was there may not be in the read models yet: then what the page has just read lacks it. */
  private async completeFirstLook(client: LiveClient, position: Position): Promise<void> {
    if (await this.isProjected(position)) return;
    await this.untilProjected(position);
    client.write(toWire(resetTo(position)));
  }

  private async replay(client: LiveClient, after: Position, through: Position | null): Promise<void> {
    client.hold();
    const missed = await this.missed(after, through);
    if (missed === 'too-much') {
      client.writeMissed(toWire(resetTo(through)));
    } else {
      if (through !== null) await this.untilProjected(through);
      for (const frame of await framesOfChanges(missed, this.alarms)) client.writeMissed(toWire(frame));
    }
    client.release();
  }

  private async missed(after: Position, through: Position | null): Promise<RecordedEvent[] | 'too-much'> {
    const events: RecordedEvent[] = [];
    try {
      for await (const event of this.store.readAll({ after, filter: { types: CHANGES }, limit: MAX_REPLAYED + 1 })) {
        if (through === null || event.position > through) break;
        events.push(event);
      }
    } catch (error) {
      // The id is of another store, or no id at all.
      if (error instanceof RangeError) return 'too-much';
      throw error;
    }
    return events.length > MAX_REPLAYED ? 'too-much' : events;
  }

  /** False when the store did not say where it ends. */
  private async begin(): Promise<boolean> {
    try {
      this.position = await this.store.headPosition();
      return true;
    } catch (error) {
      this.logFailure(error);
      return false;
    }
  }

  private async follow(hasBegun: boolean): Promise<void> {
    const { signal } = this.stopping;
    for (let isAtPlace = hasBegun; !signal.aborted; ) {
      try {
        isAtPlace ||= await this.begin();
        if (isAtPlace) await this.followOnce(signal);
        else await this.clock.sleep(REPAIR_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.logFailure(error);
        await this.clock.sleep(REPAIR_MS, signal);
      }
    }
  }

  private async followOnce(signal: AbortSignal): Promise<void> {
    let gathered: RecordedEvent[] = [];
    let last: Position | null = null;
    for await (const message of this.store.subscribe({ after: this.position, filter: { types: CHANGES }, signal })) {
      if (message.type === 'event') {
        last = message.event.position;
        // One more than can be told tells that there were too many.
        if (gathered.length <= MAX_GATHERED) gathered.push(message.event);
        continue;
      }
      if (last === null) continue;
      await this.tell(gathered, last);
      gathered = [];
      last = null;
      await this.clock.sleep(GATHER_MS, signal);
    }
  }

  private async tell(events: readonly RecordedEvent[], last: Position): Promise<void> {
    if (this.clients.size > 0) {
      await this.untilProjected(last);
      const frames = events.length > MAX_GATHERED ? [resetTo(last)] : await framesOfChanges(events, this.alarms);
      this.broadcast(frames);
    }
    this.position = last;
  }

  /** Gives up after a while, when a projection stands still: the pages then ask again with the next change. */
  private untilProjected(position: Position): Promise<void> {
    const known = this.waiting.get(position);
    if (known) return known;
    const wait = this.pollUntilProjected(position).finally(() => this.waiting.delete(position));
    this.waiting.set(position, wait);
    return wait;
  }

  private async pollUntilProjected(position: Position): Promise<void> {
    const { signal } = this.stopping;
    const until = this.clock.now() + PROJECTED_LIMIT_MS;
    while (!signal.aborted && this.clock.now() < until) {
      if (await this.isProjected(position)) return;
      await this.clock.sleep(PROJECTED_POLL_MS, signal);
    }
  }

  /** All frames in one write per client. */
  private broadcast(frames: readonly LiveFrame[]): void {
    const wire = frames.map(toWire).join('');
    for (const client of [...this.clients]) client.write(wire);
  }

  private async beat(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.clock.sleep(HEARTBEAT_MS, signal);
      if (signal.aborted) return;
      for (const client of [...this.clients]) client.look();
      this.broadcast([{ event: 'heartbeat', id: this.position, data: { at: this.now() } }]);
    }
  }

  private now(): string {
    return isoTime(this.clock.now());
  }
}

function resetTo(position: Position | null): LiveFrame {
  return { event: 'reset', id: position, data: {} };
}
