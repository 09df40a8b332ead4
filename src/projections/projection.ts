import type { DomainEvent } from '../event-store/event-schemas.js';

/**
 * A read model as a fold by key: from the row before and one event follows the row after.
 *
 * One file `*.projection.ts` each; how to write one: docs/adding-a-projection.md. Source: ADR 5, P6.
 */
export interface Projection<Row extends ProjectionRow = ProjectionRow, Type extends DomainEvent['type'] = DomainEvent['type']> {
  /** Kebab-case; names the read model everywhere, also in `vigia rebuild`. */
  readonly name: string;
  /** Raised when `project` or `keys` gives other rows than before: the read model is then rebuilt at the next start. */
  readonly version: number;
  readonly handles: readonly Type[];
  readonly columns: { readonly [Column in keyof Row & string]: ColumnType };
  /** Lists of columns by which the read model is asked. */
  readonly indexes: readonly (readonly (keyof Row & string)[])[];
  /** The rows that the event changes; none when it changes nothing. */
  keys(event: Extract<DomainEvent, { type: Type }>): readonly string[];
  /**
   * The row after the event; pure: no clock, no random, nothing but the arguments. `row` is undefined when
   * there is none yet. A row is never taken away: it says what happened last, which makes a repeat harmless.
   * What it throws parks the event.
   */
  project(row: Row | undefined, event: Extract<DomainEvent, { type: Type }>, key: string): Row;
}

export type ColumnType = 'text' | 'text or null' | 'integer' | 'integer or null';

/** Integers are whole and at most 2^53; other values are text. */
export type ProjectionRow = Readonly<Record<string, string | number | null>>;

/** A row as it is kept: `position` is that of the last event folded into it. */
export interface StoredRow {
  readonly key: string;
  readonly position: string;
  readonly values: ProjectionRow;
}
