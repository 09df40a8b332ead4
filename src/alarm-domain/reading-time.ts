const EARLIEST_MS = 24 * 60 * 60 * 1000;
const LATEST_MS = 5 * 60 * 1000;

/**
 * The time that a reading counts for: the sensor's own if it lies within 24 h before and 5 min after the
 * time at which it was received, else the received time; a sensor's clock may be wrong.
 *
 * Takes and gives milliseconds since 1970 UTC. Source: R6; ADR 0004.
 */
export function readingTime(sensorAtMs: number | null, receivedAtMs: number): number {
  if (sensorAtMs === null) return receivedAtMs;
  const isPlausible = sensorAtMs >= receivedAtMs - EARLIEST_MS && sensorAtMs <= receivedAtMs + LATEST_MS;
  return isPlausible ? sensorAtMs : receivedAtMs;
}
