import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { HaProxy } from './haproxy.js';
import { freePort } from './server-process.js';

/** An endpoint that answers its name to everything, or 503 once it is `sick`. */
class Endpoint {
  sick = false;
  private server: Server | undefined;

  constructor(
    private readonly name: string,
    readonly port: number,
  ) {}

  async start(): Promise<void> {
    this.server = createServer((_request, response) => response.writeHead(this.sick ? 503 : 200).end(this.name));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async stop(): Promise<void> {
    if (this.server?.listening !== true) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}

describe('HAProxy with the configuration that users run', () => {
  let first: Endpoint;
  let second: Endpoint;
  let proxy: HaProxy;

  beforeAll(async () => {
    first = new Endpoint('first', await freePort());
    second = new Endpoint('second', await freePort());
    await first.start();
    await second.start();
    proxy = await HaProxy.start([`127.0.0.1:${first.port}`, `127.0.0.1:${second.port}`]);
  });
  afterAll(async () => {
    await proxy?.stop();
    await first?.stop();
    await second?.stop();
  });

  const untilUp = async (wanted: readonly [boolean, boolean]): Promise<void> => {
    const deadline = Date.now() + 10_000;
    while (String(await proxy.endpointsUp()) !== String(wanted)) {
      if (Date.now() > deadline) throw new Error(`endpoints up: ${String(await proxy.endpointsUp())}, expected ${String(wanted)}`);
      await sleep(50);
    }
  };
  /** Who answered so many posts, in alphabetical order without repeats; a failed one shows as its status. */
  const whoAnswers = async (posts: number): Promise<string[]> => {
    const answers = new Set<string>();
    for (let i = 0; i < posts; i += 1) {
      const answer = await fetch(`${proxy.url}/topics/ENTRY/messages`, { method: 'POST', body: 'x' });
      answers.add(answer.ok ? await answer.text() : String(answer.status));
    }
    return [...answers].sort();
  };

  it('spreads requests over both endpoints', async () => {
    await untilUp([true, true]);
    expect(await whoAnswers(10)).toEqual(['first', 'second']);
  });

  it('drops an endpoint that is gone without failing a request, and takes it back', async () => {
    await first.stop();
    // Not dropped yet: a refused connection is tried again at the other one.
    expect(await whoAnswers(10)).toEqual(['second']);
    await untilUp([false, true]);
    await first.start();
    await untilUp([true, true]);
    expect(await whoAnswers(10)).toEqual(['first', 'second']);
  });

  it('drops an endpoint whose /_ping fails, and takes it back', async () => {
    second.sick = true;
    await untilUp([true, false]);
    expect(await whoAnswers(10)).toEqual(['first']);
    second.sick = false;
    await untilUp([true, true]);
  });

  it('answers 503 when no endpoint is left', async () => {
    first.sick = true;
    second.sick = true;
    await untilUp([false, false]);
    expect(await whoAnswers(1)).toEqual(['503']);
    first.sick = false;
    second.sick = false;
    await untilUp([true, true]);
  });
});
