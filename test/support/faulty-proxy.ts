import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What happens to a request: an answer of the proxy's own; or it is `cut` before it reaches the server, or `cut-after` the server has
 * done it, or `cut-inside` the answer, of which the head and half the body have come, or `stuck-inside` it; or it reaches the server only when `heldUntil` resolves, whether its sender still waits or not.
 */
export type Fault = { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string } | { readonly heldUntil: Promise<void> } | 'cut' | 'cut-after' | 'cut-inside' | 'stuck-inside';

/** An HTTP proxy in front of a real server that spoils the requests which `choose` names. */
export class FaultyProxy {
  /** What to do to a request, null to let it pass. */
  choose: (method: string, path: string) => Fault | null = () => null;
  private readonly server = createServer((incoming, outgoing) => void this.handle(incoming, outgoing));

  private constructor(private readonly target: string) {}

  static async start(target: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Spoils the next requests whose path begins so, each with one of the faults, then none. */
  spoil(path: string, ...faults: Fault[]): void {
    this.choose = (_method, asked) => (asked.startsWith(path) ? (faults.shift() ?? null) : null);
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = 'GET', url: path = '/' } = incoming;
    const fault = this.choose(method, path);
    if (fault === 'cut') {
      incoming.socket.destroy();
      return;
    }
    if (fault !== null && typeof fault === 'object' && 'heldUntil' in fault) await fault.heldUntil;
    else if (fault !== null && typeof fault === 'object') {
      outgoing.writeHead(fault.status, fault.headers).end(fault.body ?? '');
      return;
    }
    const { host: _host, connection: _connection, 'transfer-encoding': _encoding, ...headers } = incoming.headers;
    const forwarded = request(`${this.target}${path}`, { method, headers: { ...headers, 'content-length': Buffer.concat(chunks).length } }, (answer) => {
      if (fault === 'cut-after') {
        answer.resume().on('end', () => incoming.socket.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      if (fault === null || typeof fault === 'object') answer.pipe(outgoing);
      else void answerHalf(answer, outgoing, fault === 'cut-inside');
    });
    forwarded.on('error', () => incoming.socket.destroy());
    forwarded.end(Buffer.concat(chunks));
  }
}

async function answerHalf(answer: IncomingMessage, outgoing: ServerResponse, isCut: boolean): Promise<void> {
  const body = Buffer.concat((await answer.toArray()) as Buffer[]);
  outgoing.write(body.subarray(0, Math.ceil(body.length / 2)), () => isCut && outgoing.destroy());
}
