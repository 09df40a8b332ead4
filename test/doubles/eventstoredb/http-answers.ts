import { createServer, type Server } from 'node:http';
import type { EventLog } from './event-log.js';
import type { Faults } from './faults.js';

/** The two HTTP paths that the double knows: `/health/live` and `/metrics`. */
export function createHttpAnswers(log: EventLog, faults: Faults): Server {
  return createServer((request, response) => {
    if (request.url?.startsWith('/health/live')) {
      response.writeHead(faults.isNotReady ? 503 : 204).end();
    } else if (request.url?.startsWith('/metrics')) {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(metrics(log, faults));
    } else {
      response.writeHead(404).end();
    }
  });
}

function metrics(log: EventLog, faults: Faults): string {
  const last = log.all.at(-1)?.position ?? 0;
  return [
    '# TYPE eventstore_checkpoints gauge',
    `eventstore_checkpoints{name="writer",read="non-flushed"} ${last}`,
    '# TYPE eventstore_statuses gauge',
    `eventstore_statuses{name="Node",status="${faults.isNotReady ? 'Unknown' : 'Leader'}"} 1`,
    '',
  ].join('\n');
}
