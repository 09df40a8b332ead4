import { types, type Client } from 'cassandra-driver';
import type { Clock } from '../../clock.js';
import { PROFILE } from './cassandra-client.js';
import { STATE } from './cassandra-schema.js';

const READ_ERASURES = `SELECT erasures FROM ${STATE} WHERE only_row = 0`;
const ENTER_ERASURE = `UPDATE ${STATE} USING TTL ? SET erasures[?] = ? WHERE only_row = 0`;

/** An entry is kept for this long after our clocks have caught up with it, as far as Cassandra can keep one (20 years). */
const ENTRY_MARGIN_S = 86_400;
const LONGEST_TTL_S = 630_720_000;

/** One that had to be ahead of the clock: what it was stamped with, and what the clock of its process said, in microseconds. */
export interface EarlyErasure {
  readonly atUs: bigint;
  readonly clockUs: bigint;
}

/**
 * What a write is stamped with: the clock's time, unless an erasure was ahead of it, which would hide the write. Then it is later than
 * that erasure, and grows half as fast as the clock until the clock has caught up: so each write is later than those before it.
 */
export function writeTime(nowUs: bigint, erasures: readonly EarlyErasure[]): bigint {
  return erasures.reduce((latest, { atUs, clockUs }) => {
    const sinceUs = (nowUs - clockUs) / 2n;
    const after = atUs + (sinceUs > 0n ? sinceUs : 1n);
    return after > latest ? after : latest;
  }, nowUs);
}

/**
 * The time stamps of what this process writes and erases. What is newest wins, so an erasure must be later than a row that a machine
 * with a clock ahead has written, and whatever is saved after that must be later still, whichever process saves it (ADR 13).
 */
export class WriteTimes {
  private readonly process = types.Uuid.random();
  private lastUs = 0n;

  constructor(
    private readonly client: Client,
    private readonly clock: Clock,
  ) {}

  /** For one write; never the same one twice. */
  async next(): Promise<types.Long> {
    const row = (await this.client.execute(READ_ERASURES, [], { executionProfile: PROFILE.readOne })).first() as types.Row | null;
    const entries = Object.values((row?.['erasures'] ?? {}) as Readonly<Record<string, string>>);
    const time = writeTime(this.nowUs(), entries.map(erasureOf));
    this.lastUs = time > this.lastUs ? time : this.lastUs + 1n;
    return toLong(this.lastUs);
  }

  /** For the erasure of rows with these times of writing. One that is ahead is announced to all processes before it is given. */
  async nextAfter(written: readonly types.Row[]): Promise<types.Long> {
    const usual = toBigInt(await this.next());
    const times = written.flatMap((row) => row.values() as (types.Long | null)[]).filter((time) => time !== null);
    const atUs = times.map(toBigInt).reduce((latest, time) => (time >= latest ? time + 1n : latest), usual);
    if (atUs === usual) return toLong(atUs);
    const clockUs = this.nowUs();
    const caughtUpS = Number((2n * (atUs - clockUs)) / 1_000_000n);
    const params = [Math.min(caughtUpS + ENTRY_MARGIN_S, LONGEST_TTL_S), this.process, `${atUs} ${clockUs}`];
    await this.client.execute(ENTER_ERASURE, params, { executionProfile: PROFILE.write });
    return toLong(atUs);
  }

  private nowUs(): bigint {
    return BigInt(this.clock.now()) * 1000n;
  }
}

/** `"1763960034120001 1763956434120000"`. */
function erasureOf(entry: string): EarlyErasure {
  const [atUs, clockUs] = entry.split(' ') as [string, string];
  return { atUs: BigInt(atUs), clockUs: BigInt(clockUs) };
}

const toBigInt = (long: types.Long): bigint => BigInt(long.toString());
const toLong = (value: bigint): types.Long => types.Long.fromString(value.toString());
