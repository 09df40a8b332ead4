import { createHash } from 'node:crypto';
import { types, type Client } from 'cassandra-driver';
import type { Clock } from '../../clock.js';
import { PROFILE } from './cassandra-client.js';
import { STATE } from './cassandra-schema.js';

/** A process writes only its own entry, so that no clock that is behind another's can hide its change. Long enough that few pile up. */
const ENTRY_DAYS = 30;
const ENTER = `UPDATE ${STATE} USING TTL ${ENTRY_DAYS * 86_400} SET changes[?] = ? WHERE only_row = 0`;
const ENTER_ENDING_IMPORT = `UPDATE ${STATE} USING TTL ${ENTRY_DAYS * 86_400} SET changes[?] = ?, import_mark = null WHERE only_row = 0`;
const MARK_IMPORT = `UPDATE ${STATE} SET import_mark = ? WHERE only_row = 0`;
const MARK_SET_UP = `UPDATE ${STATE} SET set_up = ? WHERE only_row = 0`;
export const READ_STATE = `SELECT changes, set_up, import_mark FROM ${STATE} WHERE only_row = 0`;

/** A change that was begun and not ended is still going on for so long; then its process has died. */
const LONGEST_CHANGE_MS = 60_000;

/** Meanwhile the customers have another version so often. */
const UNSETTLED_MS = 10_000;

/** What the state row tells. */
interface State {
  readonly version: string;
  readonly setUp: string | null;
  readonly importMark: string | null;
}

/**
 * Tells that customers change, for readers who keep a copy. A change is announced before its first row and confirmed after its last:
 * a reader who looks in between, or after the changing process was killed, looks again later.
 */
export class CustomerChanges {
  private readonly process = types.Uuid.random();
  private running = 0;
  private failedMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly client: Client,
    private readonly tableId: string,
    private readonly clock: Clock,
  ) {}

  /** Announces, changes, confirms. `keepsImport`: the change is a part of the import that has a mark; any other ends that import. */
  async during(change: () => Promise<void>, keepsImport: boolean): Promise<void> {
    this.running += 1;
    try {
      await this.write(keepsImport ? ENTER : ENTER_ENDING_IMPORT, [this.process, entry(`changing ${this.clock.now()}`)]);
      await change();
    } catch (error) {
      this.failedMs = this.clock.now();
      throw error;
    } finally {
      this.running -= 1;
    }
    // While another one goes on its end is still to come. Of one that failed rows may still be on their way: it stays announced.
    if (this.running > 0) return;
    const isOver = this.clock.now() - this.failedMs > LONGEST_CHANGE_MS;
    await this.write(ENTER, [this.process, entry(isOver ? 'changed' : `changing ${this.failedMs}`)]);
  }

  async state(): Promise<State> {
    const row = (await this.client.execute(READ_STATE, [], { executionProfile: PROFILE.readOne })).first() as types.Row | null;
    return {
      version: this.versionOf((row?.['changes'] ?? {}) as Readonly<Record<string, string>>),
      setUp: (row?.['set_up'] as string | null | undefined) ?? null,
      importMark: (row?.['import_mark'] as string | null | undefined) ?? null,
    };
  }

  async markSetUp(mark: string): Promise<void> {
    await this.write(MARK_SET_UP, [mark]);
  }

  async markImport(mark: string | null): Promise<void> {
    await this.write(MARK_IMPORT, [mark]);
  }

  private versionOf(changes: Readonly<Record<string, string>>): string {
    const nowMs = this.clock.now();
    const isUnsettled = Object.values(changes).some((entry) => {
      const beganMs = Number(/^changing (\d+) /.exec(entry)?.[1]);
      return Math.abs(nowMs - beganMs) < LONGEST_CHANGE_MS;
    });
    const entries = Object.entries(changes).map(([process, entry]) => `${process} ${entry}\n`).sort();
    const moment = isUnsettled ? Math.floor(nowMs / UNSETTLED_MS) : '';
    return createHash('sha256').update(`${this.tableId}\n${entries.join('')}${moment}`).digest('hex').slice(0, 32);
  }

  private async write(query: string, params: readonly unknown[]): Promise<void> {
    await this.client.execute(query, [...params], { executionProfile: PROFILE.write });
  }
}

/** Another one each time, whatever it says. */
function entry(says: string): string {
  return `${says} ${types.Uuid.random().toString()}`;
}
