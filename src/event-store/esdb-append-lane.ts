import { ANY, NO_STREAM, type EventData, type EventStoreDBClient } from '@eventstore/db-client';
import { within, type Clock } from '../clock.js';
import type { EsdbConnection } from './esdb-connection.js';
import { DeadlinePassed, isAnswer, translateAppend } from './esdb-errors.js';
import { OutcomeUnknown, StoreUnavailable, type ExpectedRevision } from './event-store.js';

/**
 * Appends that the client has at a time. Its stream takes 15 messages that are not yet sent before it asks to
 * wait; an append that waits inside the client is rejected where nobody can catch it when the connection breaks.
 */
const MAX_IN_FLIGHT = 15;

/** Appends that wait for their turn; as many as the embedded store takes. */
const MAX_WAITING = 4096;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** How long appends that are under way may still take when the store is closed. */
const CLOSING_MS = 1000;

export interface Appended {
  readonly revision: bigint;
  /** Commit position of the last event, null when the server does not know it any more. */
  readonly commit: bigint | null;
}

/** What the server gives as a position that it does not know: -1 without a sign. */
const UNKNOWN_POSITION = 2n ** 64n - 1n;

/** Sends appends through a client that does nothing else, a bounded number at a time, each with a deadline. */
export class EsdbAppendLane {
  private readonly queue: (() => void)[] = [];
  private readonly underWay = new Set<Promise<Appended>>();
  private waitingBytes = 0;
  private inFlight = 0;
  /** Rises when the client is retired: what was in flight then does not count any more. */
  private generation = 0;

  constructor(
    private readonly connection: EsdbConnection,
    private readonly clock: Clock,
    private readonly deadlineMs: number,
  ) {}

  /** Thrown: the port's errors of an append. */
  async append(stream: string, events: EventData[], expected: ExpectedRevision, bytes: number): Promise<Appended> {
    if (this.underWay.size >= MAX_WAITING || this.waitingBytes >= MAX_WAITING_BYTES) {
      throw new StoreUnavailable(`${this.underWay.size} appends of ${this.waitingBytes} bytes wait for EventStoreDB already`);
    }
    const sent = this.send(stream, events, expected);
    this.underWay.add(sent);
    this.waitingBytes += bytes;
    try {
      return await sent;
    } finally {
      this.underWay.delete(sent);
      this.waitingBytes -= bytes;
    }
  }

  /** Lets the appends that are under way end, and closes the connection, which ends those that have no answer soon. */
  async close(): Promise<void> {
    const ended = Promise.allSettled(this.underWay);
    await within(this.clock, CLOSING_MS, ended);
    await this.connection.close();
    await ended;
  }

  private async send(stream: string, events: EventData[], expected: ExpectedRevision): Promise<Appended> {
    const wait = new AbortController();
    const deadline = this.clock.sleep(this.deadlineMs, wait.signal).then(() => 'late' as const);
    try {
      await this.turn(stream, deadline);
      const { generation } = this;
      let client: EventStoreDBClient;
      try {
        client = await this.connection.use();
      } catch (error) {
        this.release(generation);
        throw error;
      }
      const sent = this.call(client, stream, events, expected, generation);
      const result = await Promise.race([sent, deadline]);
      if (result !== 'late') return result;
      sent.catch(() => {});
      if (this.connection.missedDeadline(client)) this.renew();
      throw new OutcomeUnknown(new DeadlinePassed(`append to stream ${stream}`, this.deadlineMs).message);
    } finally {
      // A reason of its own spares an error with a stack for each append.
      wait.abort('ended');
    }
  }

  private async call(client: EventStoreDBClient, stream: string, events: EventData[], expected: ExpectedRevision, generation: number): Promise<Appended> {
    try {
      // Its own deadline, which the server keeps, lies behind ours.
      const result = await client.appendToStream(stream, events, { expectedRevision: toClient(expected), deadline: this.deadlineMs * 2 });
      this.connection.hadAnswer();
      const commit = result.position?.commit ?? UNKNOWN_POSITION;
      return { revision: result.nextExpectedRevision, commit: commit === UNKNOWN_POSITION ? null : commit };
    } catch (error) {
      if (isAnswer(error)) {
        this.connection.hadAnswer();
      } else {
        this.connection.retire(client);
        if (generation === this.generation) this.renew();
      }
      throw translateAppend(stream, expected, error);
    } finally {
      this.release(generation);
    }
  }

  /** Waits until fewer are in flight. Thrown: `StoreUnavailable` at the deadline, when nothing was sent. */
  private async turn(stream: string, deadline: Promise<'late'>): Promise<void> {
    if (this.inFlight < MAX_IN_FLIGHT) {
      this.inFlight += 1;
      return;
    }
    let begin: () => void = () => {};
    const turn = new Promise<void>((resolve) => {
      begin = resolve;
    });
    this.queue.push(begin);
    if ((await Promise.race([turn, deadline])) !== 'late') return;
    const place = this.queue.indexOf(begin);
    if (place >= 0) this.queue.splice(place, 1);
    else this.release(this.generation);
    throw new StoreUnavailable(`append to stream ${stream} waited ${this.deadlineMs} ms for its turn`);
  }

  private release(generation: number): void {
    if (generation !== this.generation) return;
    const next = this.queue.shift();
    if (next) next();
    else this.inFlight -= 1;
  }

  private renew(): void {
    this.generation += 1;
    this.inFlight = 0;
    while (this.inFlight < MAX_IN_FLIGHT && this.queue.length > 0) {
      this.inFlight += 1;
      this.queue.shift()?.();
    }
  }
}

function toClient(expected: ExpectedRevision): bigint | typeof ANY | typeof NO_STREAM {
  if (expected === 'any') return ANY;
  return expected === 'no-stream' ? NO_STREAM : expected;
}
