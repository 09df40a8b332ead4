import { statSync } from 'node:fs';

/** Those that take half a minute or more, in the order in which they are begun: of two that run side by side one mostly waits. */
const LONGEST = [
  'faults/crash-points', 'faults/backup', 'faults/simulation', 'faults/shelving-crash', 'faults/mutations', 'faults/lease-failover',
  'event-store/esdb-reads', 'src/application-on-eventstoredb', 'faults/start-and-stop',
  'servers/cassandra.server', 'servers/mailpit.server', 'servers/ansible.server', 'servers/dashboards.server', 'influx/influx.server',
].map((name) => `/${name}.spec.ts`);

/** Jest's order without its memory of earlier runs, which a clean checkout lacks: the longest first, so that no worker is left alone with one in the end. */
export default class LongestFirst {
  sort(tests) {
    const placed = tests.map((test) => {
      const place = LONGEST.findIndex((end) => test.path.endsWith(end));
      return { test, place: place === -1 ? LONGEST.length : place, bytes: statSync(test.path).size };
    });
    return placed.sort((one, two) => one.place - two.place || two.bytes - one.bytes).map(({ test }) => test);
  }

  allFailedTests(tests) {
    return tests;
  }

  shard(tests) {
    return tests;
  }

  cacheResults() {}
}
