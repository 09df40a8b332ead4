import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A counter grows by this part of its recorded value in a second. */
export const GROWTH_PER_SECOND = 0.01;

/** Serves a recorded exposition for Prometheus, with counters that grow, and times that are now, as those of a living system. */
export class PlayedExposition {
  private constructor(
    private readonly server: Server,
    /** `127.0.0.1:20001` */
    readonly address: string,
  ) {}

  /** `text` may hold `NOW`, for the time in seconds. */
  static async start(text: string): Promise<PlayedExposition> {
    const counters = new Set([...text.matchAll(/^# TYPE (\S+) counter$/gm)].map(([, name]) => name as string));
    const startMs = Date.now();
    const server = createServer((_request, response) => {
      const seconds = (Date.now() - startMs) / 1000;
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(grown(text, counters, seconds));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new PlayedExposition(server, `127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

function grown(text: string, counters: ReadonlySet<string>, seconds: number): string {
  return text.replaceAll('NOW', String(Date.now() / 1000)).replace(/^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)$/gm, (line, name: string, labels: string | undefined, value: string) => {
    const isCounter = counters.has(name) || /_(bucket|count|sum)$/.test(name);
    return isCounter ? `${name}${labels ?? ''} ${Number(value) * (1 + GROWTH_PER_SECOND * seconds)}` : line;
  });
}
