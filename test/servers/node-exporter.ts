import { ServerProcess } from './server-process.js';
import { temporarySite, type Site } from './site.js';
import { systemProgram } from './system-program.js';

/** The figures of this host, for Prometheus. */
export class NodeExporter {
  private constructor(
    private readonly process: ServerProcess,
    /** `127.0.0.1:20001` */
    readonly address: string,
  ) {}

  static async start(site: Site = temporarySite): Promise<NodeExporter> {
    const address = `127.0.0.1:${await site.port('node-exporter')}`;
    const program = systemProgram('prometheus-node-exporter');
    return new NodeExporter(await ServerProcess.start('node-exporter', program, [`--web.listen-address=${address}`], async () => (await fetch(`http://${address}/metrics`)).ok), address);
  }

  stop(): Promise<void> {
    return this.process.stop();
  }
}
