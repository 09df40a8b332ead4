import type { Evidence } from './alarm-events.js';
import type { AlarmType } from './reading.js';
import { isSamePosition } from './source-position.js';
import { MOST_STRIKES, type StrikePolicy } from './strike-policy.js';
import { LATE_WINDOWS } from './strikes.js';

/** Readings that came while the alarm of their type was open, by type, in the order of their arrival: what an OK from before them leaves (P7). */
export type NotedReadings = Readonly<Partial<Record<AlarmType, readonly Evidence[]>>>;

/**
 * The noted readings with one more; those that the log took last stay: as many as make an alarm, or with a window as
 * many as there are strikes of a type at most. If others must go, those that stay are an alarm by themselves. Never more
 * than `MOST_STRIKES`: an OK may make a strike of each.
 */
export function withNoted(noted: NotedReadings, type: AlarmType, reading: Evidence, { n, windowMs }: StrikePolicy): NotedReadings {
  const others = (noted[type] ?? []).filter(({ source }) => !isSamePosition(source, reading.source));
  const most = windowMs === null ? n : Math.min((LATE_WINDOWS + 1) * n, MOST_STRIKES);
  const kept = [...others, reading];
  // Not the order of arrival: an OK leaves what the log took after it, and that may come first.
  while (kept.length > most) kept.splice(firstTaken(kept), 1);
  return { ...noted, [type]: kept };
}

/** The noted readings without those that have become strikes or evidence. */
export function withoutNoted(noted: NotedReadings, type: AlarmType, used: readonly Evidence[]): NotedReadings {
  return only(noted, type, ({ source }) => !used.some((each) => isSamePosition(each.source, source)));
}

/** The noted readings of a type that were received after a time. */
export function notedAfter(noted: NotedReadings, type: AlarmType, receivedThrough: string): NotedReadings {
  return only(noted, type, ({ receivedAt }) => receivedAt > receivedThrough);
}

function only(noted: NotedReadings, type: AlarmType, isKept: (reading: Evidence) => boolean): NotedReadings {
  const { [type]: all, ...others } = noted;
  if (all === undefined) return noted;
  const kept = all.filter(isKept);
  return kept.length > 0 ? { ...noted, [type]: kept } : others;
}

/** The place of the reading that the log took first. */
function firstTaken(readings: readonly Evidence[]): number {
  const [first] = readings.map(({ receivedAt }) => receivedAt).sort();
  return readings.findIndex(({ receivedAt }) => receivedAt === first);
}
