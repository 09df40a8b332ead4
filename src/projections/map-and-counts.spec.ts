import { mapAndCountsContract } from '../../test/contracts/map-and-counts.contract.js';
import { ReadModelsBench } from '../../test/support/read-models-bench.js';
import { CountReads } from './count-reads.js';
import { mapAndCounts } from './influx/influx-first.js';
import { MapReads } from './map-reads.js';

mapAndCountsContract('libsql', async () => {
  const bench = await ReadModelsBench.open();
  return {
    reads: mapAndCounts(new MapReads(bench.sink), new CountReads(bench.sink)),
    append: (events) => bench.append(events),
    place: (places) => bench.place(places),
    settle: () => bench.settle(),
    close: () => bench.close(),
  };
});
