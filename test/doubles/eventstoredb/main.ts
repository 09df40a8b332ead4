import { parseArgs } from 'node:util';
import { EventStoreDbDouble } from './eventstoredb-double.js';

/**
 * The double as a program of its own, until it is told to stop:
 *
 *     npx tsx test/doubles/eventstoredb/main.ts [--host 127.0.0.1] [--port 2113] [--file events.jsonl] [--cut-every SECONDS]
 *
 * Prints its connection string on one line when it is ready. With `--cut-every` the next append after each such
 * while is stored and then, instead of an answer, all connections are cut; a line tells of each. SIGUSR2 ends that.
 */
const { values } = parseArgs({ options: { host: { type: 'string' }, port: { type: 'string', default: '2113' }, file: { type: 'string' }, 'cut-every': { type: 'string' } } });
const double = await EventStoreDbDouble.start({ ...(values.host === undefined ? {} : { host: values.host }), port: Number(values.port), ...(values.file === undefined ? {} : { file: values.file }) });
console.log(double.url);
const cutEveryMs = Number(values['cut-every'] ?? 0) * 1000;
if (cutEveryMs > 0) {
  double.faults.onTaken = (fault) => console.log(fault);
  const cutting = setInterval(() => {
    double.faults.cutsAfterApplying = 1;
  }, cutEveryMs);
  process.once('SIGUSR2', () => {
    clearInterval(cutting);
    double.faults.cutsAfterApplying = 0;
  });
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void double.stop().then(() => process.exit(0));
  });
}
