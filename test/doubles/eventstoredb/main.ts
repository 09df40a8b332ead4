import { parseArgs } from 'node:util';
import { EventStoreDbDouble } from './eventstoredb-double.js';

/**
 * The double as a program of its own, until it is told to stop:
 *
 *     npx tsx test/doubles/eventstoredb/main.ts --port 2113 [--file events.jsonl]
 *
 * Prints its connection string on one line when it is ready.
 */
const { values } = parseArgs({ options: { port: { type: 'string', default: '2113' }, file: { type: 'string' } } });
const double = await EventStoreDbDouble.start({ port: Number(values.port), ...(values.file === undefined ? {} : { file: values.file }) });
console.log(double.url);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void double.stop().then(() => process.exit(0));
  });
}
