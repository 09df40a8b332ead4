import { fileURLToPath } from 'node:url';
import { ServerProcess } from './server-process.js';
import { temporarySite, type Site } from './site.js';
import { systemProgram } from './system-program.js';

const CONFIG = fileURLToPath(new URL('../../docker/haproxy/haproxy.cfg', import.meta.url));

/** HAProxy in front of two ingest endpoints, with the configuration that users run. */
export class HaProxy {
  private process: ServerProcess | undefined;

  private constructor(
    private readonly endpoints: readonly [string, string],
    /** Where sensors post to. */
    readonly url: string,
    readonly metricsUrl: string,
  ) {}

  /** Endpoints are given as `127.0.0.1:20001`; they need not answer yet. */
  static async start(endpoints: readonly [string, string], site: Site = temporarySite): Promise<HaProxy> {
    const [front, metrics] = [await site.port('haproxy'), await site.port('haproxy-metrics')];
    const proxy = new HaProxy(endpoints, `http://127.0.0.1:${front}`, `http://127.0.0.1:${metrics}/metrics`);
    await proxy.restart();
    return proxy;
  }

  /** Ends it with SIGKILL. */
  async kill(): Promise<void> {
    await this.process?.stop('SIGKILL');
  }

  /** Starts it again on its ports. */
  async restart(): Promise<void> {
    await this.kill();
    const [one, two] = this.endpoints;
    const env = { LB_ENDPOINT_1: one, LB_ENDPOINT_2: two, LB_BIND: new URL(this.url).host, LB_METRICS_BIND: new URL(this.metricsUrl).host };
    this.process = ServerProcess.spawn('haproxy', systemProgram('haproxy'), ['-db', '-f', CONFIG], { env });
    await this.process.waitUntilReady(async () => (await fetch(this.metricsUrl)).ok, 10_000);
  }

  /** The endpoints that get requests now, by their order in `start`: `[true, false]`. */
  async endpointsUp(): Promise<[boolean, boolean]> {
    const page = await (await fetch(this.metricsUrl)).text();
    const isUp = (name: string): boolean => page.includes(`haproxy_server_status{proxy="endpoints",server="${name}",state="UP"} 1`);
    return [isUp('endpoint-1'), isUp('endpoint-2')];
  }

  async stop(): Promise<void> {
    await this.process?.stop();
  }
}
