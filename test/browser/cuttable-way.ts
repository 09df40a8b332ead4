import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * A way from the browser to a server that can be cut, so that whoever is on it notices, or made silent, so that nobody
 * does: every connection stays open, and nothing more comes from the server.
 */
export class CuttableWay {
  /** Of each time that a page asked for the live events the id after which it wants them, null when it named none. */
  readonly askedAfter: (string | null)[] = [];
  private readonly ends = new Map<Socket, Socket>();
  private isCut = false;
  private isSilent = false;
  private readonly server = createServer((near) => this.join(near));

  private constructor(private readonly port: number) {}

  /** To the server at a loopback address. */
  static async start(target: string): Promise<CuttableWay> {
    const way = new CuttableWay(Number(new URL(target).port));
    way.server.listen(0, '127.0.0.1');
    await once(way.server, 'listening');
    return way;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Ends all connections and takes no other. */
  cut(): void {
    this.isCut = true;
    for (const near of this.ends.keys()) near.destroy();
  }

  silence(): void {
    this.isSilent = true;
    for (const far of this.ends.values()) far.pause();
  }

  /** All is as it was; what was held back comes. */
  mend(): void {
    this.isCut = false;
    this.isSilent = false;
    for (const far of this.ends.values()) far.resume();
  }

  async stop(): Promise<void> {
    this.server.close();
    this.cut();
    await once(this.server, 'close');
  }

  private join(near: Socket): void {
    if (this.isCut) {
      near.destroy();
      return;
    }
    const far = connect(this.port, '127.0.0.1');
    this.ends.set(near, far);
    near.on('data', (data: Buffer) => {
      this.note(data.toString('latin1'));
      far.write(data);
    });
    far.on('data', (data: Buffer) => near.write(data));
    if (this.isSilent) far.pause();
    // An end that is reset closes after its error.
    for (const end of [near, far]) end.on('error', () => undefined);
    far.on('close', () => near.destroy());
    near.on('close', () => {
      this.ends.delete(near);
      far.destroy();
    });
  }

  private note(request: string): void {
    if (request.startsWith('GET /api/live ')) this.askedAfter.push(/^last-event-id: (.*)$/im.exec(request)?.[1]?.trim() ?? null);
  }
}
