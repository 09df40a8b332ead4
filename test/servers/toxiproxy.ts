import { goProgram } from './cache.js';
import { freePort, ServerProcess } from './server-process.js';

/** The path of Toxiproxy, built into the cache the first time. */
export const toxiproxyProgram = (): string => goProgram('github.com/Shopify/toxiproxy/v2/cmd/server', 'v2.12.0', 'server', 'toxiproxy');

/** What is done to the bytes on their way. Times in milliseconds, rates in kilobytes a second. Source: Toxiproxy's README. */
export type Toxic =
  | { readonly type: 'latency'; readonly attributes: { readonly latency: number; readonly jitter: number } }
  | { readonly type: 'bandwidth'; readonly attributes: { readonly rate: number } }
  /** A connection that is to end stays for so long. */
  | { readonly type: 'slow_close'; readonly attributes: { readonly delay: number } }
  /** Ends a connection after so many bytes. */
  | { readonly type: 'limit_data'; readonly attributes: { readonly bytes: number } }
  /** Each connection is reset after so long. */
  | { readonly type: 'reset_peer'; readonly attributes: { readonly timeout: number } }
  /** Nothing comes through; 0: as long as the toxic is there. */
  | { readonly type: 'timeout'; readonly attributes: { readonly timeout: number } };

/** Toxiproxy: TCP proxies that spoil connections as they are told to. */
export class Toxiproxy {
  private readonly forwards = new Map<string, { readonly listen: string; readonly upstream: string }>();

  private constructor(
    private readonly url: string,
    private readonly process: ServerProcess,
  ) {}

  static async start(): Promise<Toxiproxy> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const args = ['-host', '127.0.0.1', '-port', String(port), '-proxy-metrics'];
    return new Toxiproxy(url, await ServerProcess.start('toxiproxy', toxiproxyProgram(), args, async () => (await fetch(`${url}/version`)).ok));
  }

  /** Lets connections to `listen` go on to `upstream`, both `127.0.0.1:2113`. */
  async forward(name: string, listen: string, upstream: string): Promise<void> {
    this.forwards.set(name, { listen, upstream });
    await this.call('POST', '/proxies', { name, listen, upstream, enabled: true });
  }

  /** Spoils the connections of a proxy, those that are there too, until `heal`: `downstream` what the client gets, `upstream` what it sends. */
  async spoil(proxy: string, toxics: readonly Toxic[], stream: 'downstream' | 'upstream' = 'downstream'): Promise<void> {
    for (const toxic of toxics) await this.call('POST', `/proxies/${proxy}/toxics`, { ...toxic, stream });
  }

  /**
   * Ends all toxics, and with them the connections that have gone through them: v2.12.0 panics when a connection from which one was
   * removed gets another one.
   */
  async heal(): Promise<void> {
    for (const [name, { listen, upstream }] of this.forwards) {
      await this.call('DELETE', `/proxies/${name}`);
      await this.forward(name, listen, upstream);
    }
  }

  /** How many bytes clients have sent through each proxy, over connections that have ended. */
  async sentBytes(): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const lines = text.matchAll(/^toxiproxy_proxy_received_bytes_total\{direction="upstream",.*?proxy="([^"]+)".*\} (\S+)$/gm);
    return new Map([...lines].map(([, proxy, bytes]) => [proxy as string, Number(bytes)]));
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }

  /** Thrown: an error with the answer unless it is good. */
  private async call(method: 'POST' | 'DELETE', path: string, body?: object): Promise<void> {
    // It ends connections that are idle, so each call has its own.
    const asked = fetch(`${this.url}${path}`, { method, body: body === undefined ? null : JSON.stringify(body), headers: { connection: 'close' } });
    const answer = await asked.catch((error: unknown) => {
      throw new Error(`Toxiproxy gave no answer to ${method} ${path}; ${this.process.running ? 'it runs' : 'it has ended'}; its last output:\n${this.process.output.slice(-2_000)}`, { cause: error });
    });
    if (!answer.ok) throw new Error(`Toxiproxy: ${method} ${path} ${JSON.stringify(body)} answered ${answer.status}: ${await answer.text()}`);
  }
}
