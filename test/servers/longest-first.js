/** Those that take minutes, in the order in which they are begun: the second mostly waits while the first starts its servers. */
const LONGEST = ['cassandra', 'mailpit', 'ansible', 'dashboards', 'influx', 'kafka-brokers', 'kafka-consumer'].map((name) => `/${name}.server.spec.ts`);

/** Begins with the suites that take long, so that of two workers none is left alone with one of them in the end. */
export default class LongestFirst {
  sort(tests) {
    const placeOf = ({ path }) => {
      const place = LONGEST.findIndex((end) => path.endsWith(end));
      return place === -1 ? LONGEST.length : place;
    };
    return [...tests].sort((one, two) => placeOf(one) - placeOf(two) || (one.path < two.path ? -1 : 1));
  }

  allFailedTests(tests) {
    return tests;
  }

  shard(tests) {
    return tests;
  }

  cacheResults() {}
}
