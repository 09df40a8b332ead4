import { fileURLToPath } from 'node:url';
import { freePort, ServerProcess } from './server-process.js';
import { systemProgram } from './system-program.js';

const CONFIG = fileURLToPath(new URL('../../docker/haproxy/haproxy.cfg', import.meta.url));

/** HAProxy in front of two ingest endpoints, with the configuration that users run. */
export class HaProxy {
  private constructor(
    private readonly process: ServerProcess,
    /** Where sensors post to. */
    readonly url: string,
    readonly metricsUrl: string,
  ) {}

  /** Endpoints are given as `127.0.0.1:20001`; they need not answer yet. */
  static async start(endpoints: readonly [string, string]): Promise<HaProxy> {
    const [front, metrics] = [await freePort(), await freePort()];
    const metricsUrl = `http://127.0.0.1:${metrics}/metrics`;
    const env = { LB_ENDPOINT_1: endpoints[0], LB_ENDPOINT_2: endpoints[1], LB_BIND: `127.0.0.1:${front}`, LB_METRICS_BIND: `127.0.0.1:${metrics}` };
    const isReady = async (): Promise<boolean> => (await fetch(metricsUrl)).ok;
    const process = ServerProcess.spawn('haproxy', systemProgram('haproxy'), ['-db', '-f', CONFIG], { env });
    await process.waitUntilReady(isReady, 10_000);
    return new HaProxy(process, `http://127.0.0.1:${front}`, metricsUrl);
  }

  /** The endpoints that get requests now, by their order in `start`: `[true, false]`. */
  async endpointsUp(): Promise<[boolean, boolean]> {
    const page = await (await fetch(this.metricsUrl)).text();
    const isUp = (name: string): boolean => page.includes(`haproxy_server_status{proxy="endpoints",server="${name}",state="UP"} 1`);
    return [isUp('endpoint-1'), isUp('endpoint-2')];
  }

  stop(): Promise<void> {
    return this.process.stop();
  }
}
