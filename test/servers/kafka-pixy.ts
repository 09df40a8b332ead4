import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cachedFolder, run } from './cache.js';
import { freePort, ServerProcess } from './server-process.js';

const VERSION = 'v0.18.0';

/** The path of kafka-pixy, built into the cache the first time (a minute or two). */
export function kafkaPixyProgram(): string {
  const dir = cachedFolder(`kafka-pixy-${VERSION}`, (target) => {
    // `go install` refuses the module for the replacements it declares; a module of ours that requires it does not mind.
    const source = mkdtempSync(join(tmpdir(), 'vigia-kafka-pixy-'));
    const env = { ...process.env, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' };
    try {
      run('go', ['mod', 'init', 'vigia.test/pixy'], { cwd: source, env });
      run('go', ['mod', 'edit', `-require=github.com/mailgun/kafka-pixy@${VERSION}`], { cwd: source, env });
      run('go', ['build', '-o', join(target, 'kafka-pixy'), 'github.com/mailgun/kafka-pixy'], { cwd: source, env });
    } finally {
      rmSync(source, { recursive: true, force: true });
    }
  });
  return join(dir, 'kafka-pixy');
}

/** kafka-pixy, the HTTP proxy in front of Kafka that the source project used; here it only produces. */
export class KafkaPixy {
  private constructor(
    private readonly process: ServerProcess,
    private readonly dir: string,
    /** `POST {url}/topics/T/messages?key=K&sync` with the message as its body. */
    readonly url: string,
  ) {}

  /** Brokers as a cluster's `bootstrapServers`. */
  static async start(bootstrapServers: string): Promise<KafkaPixy> {
    const [port, grpcPort] = [await freePort(), await freePort()];
    const dir = mkdtempSync(join(tmpdir(), 'vigia-kafka-pixy-'));
    const config = {
      tcp_addr: `127.0.0.1:${port}`,
      grpc_addr: `127.0.0.1:${grpcPort}`,
      proxies: {
        default: {
          kafka: { seed_peers: bootstrapServers.split(','), version: '2.3.0' },
          producer: { compression: 'none', flush_frequency: '20ms', retry_backoff: '200ms', retry_max: 2, shutdown_timeout: '2s' },
          consumer: { disabled: true },
        },
      },
    };
    // YAML reads JSON.
    const file = join(dir, 'config.yaml');
    writeFileSync(file, JSON.stringify(config));
    const url = `http://127.0.0.1:${port}`;
    const isReady = async (): Promise<boolean> => (await fetch(`${url}/_ping`)).ok;
    const process = await ServerProcess.start('kafka-pixy', kafkaPixyProgram(), ['--config', file], isReady);
    return new KafkaPixy(process, dir, url);
  }

  async stop(): Promise<void> {
    await this.process.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
