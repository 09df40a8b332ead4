import { ansibleLibraries } from './ansible.js';
import { cassandraLibraries } from './cassandra-node.js';
import { composeGoProgram } from './compose/compose-go.js';
import { kafkaLibraries } from './kafka-node.js';
import { kafkaPixyProgram } from './kafka-pixy.js';
import { mailpitProgram } from './mailpit.js';
import { influxdProgram } from './influxdb.js';
import { schemathesisLibraries } from './schemathesis.js';
import { toxiproxyProgram } from './toxiproxy.js';
import { serversCache } from './cache.js';

/** What has to be downloaded or built once, before a test's time limit runs. */
const PREPARATIONS: Readonly<Record<string, () => string>> = {
  ansible: ansibleLibraries,
  cassandra: cassandraLibraries,
  'compose-go': composeGoProgram,
  influxdb: influxdProgram,
  kafka: kafkaLibraries,
  'kafka-pixy': kafkaPixyProgram,
  mailpit: mailpitProgram,
  schemathesis: schemathesisLibraries,
  toxiproxy: toxiproxyProgram,
};

/** Fills the cache, with a line on stderr for each part that took a while. `npx tsx test/servers/prepare.ts [part…]`; all parts unless named. */
function prepare(parts: readonly string[]): void {
  for (const part of parts) {
    const prepareOne = PREPARATIONS[part];
    if (prepareOne === undefined) throw new RangeError(`no such part: ${part}; there are ${Object.keys(PREPARATIONS).join(', ')}`);
    const begun = Date.now();
    prepareOne();
    const seconds = (Date.now() - begun) / 1_000;
    if (seconds > 1) console.error(`${part} is in ${serversCache()}, after ${seconds.toFixed(0)} s`);
  }
}

const named = process.argv.slice(2);
prepare(named.length > 0 ? named : Object.keys(PREPARATIONS));
