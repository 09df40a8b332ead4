/**
 * How many strikes make an alarm of smoke or temperature, and what forgets them.
 *
 * Shape: `{"n":3,"windowMs":null,"clearOnNormal":false}`. `n` ≥ 1; `windowMs` is the longest time in
 * milliseconds from the first to the last of an alarm's `n` strikes, by the readings' own times, null for no limit;
 * `clearOnNormal` makes a normal reading of the sensor clear its strikes. The policy in force is
 * written into every alarm. Source: R3.
 */
export interface StrikePolicy {
  readonly n: number;
  readonly windowMs: number | null;
  readonly clearOnNormal: boolean;
}

/** The source's own rule: the third strike, no time limit, a normal reading clears nothing. */
export const SOURCE_STRIKE_POLICY: StrikePolicy = { n: 3, windowMs: null, clearOnNormal: false };

/**
 * The largest `n`, and the most readings that one record may make strikes or evidence of: some 200 events of at most 4 KB
 * each when an OK leaves as many readings of smoke and of temperature, which is what one append to the event store takes.
 */
export const MOST_STRIKES = 100;
