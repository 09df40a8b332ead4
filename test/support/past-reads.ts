import { newDir, type ProjectedEvent } from './projection-events.js';
import { ReadModelsBench } from './read-models-bench.js';

const PLACES = [
  { sensorId: 1, geohash: 'gcpvj0duq', zone: 'UK' },
  { sensorId: 2, geohash: 'gcpvj0duq', zone: 'UK' },
  { sensorId: 3, geohash: 'eztz8kqyz', zone: 'Mediterranean' },
];

/** For what auditors ask: the read models of these events, in which sensors 1 and 2 are in the UK, 3 is in Mediterranean and others are nowhere. */
export async function withReads(events: readonly ProjectedEvent[], check: (bench: ReadModelsBench) => Promise<void>): Promise<void> {
  const bench = await ReadModelsBench.open(newDir());
  try {
    await bench.place(PLACES);
    await bench.append(events);
    await bench.settle();
    await check(bench);
  } finally {
    await bench.close();
  }
}
