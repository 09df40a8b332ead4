import { stopAll } from '../acceptance/child.js';
import { stopAllServers } from '../servers/server-process.js';

interface Stoppable {
  stop(): Promise<unknown>;
}

/** The parts of a whole that were started, in order. */
export class Begun {
  private readonly parts: { readonly what: string; readonly part: Stoppable }[] = [];
  private failure: unknown = null;

  constructor(private readonly say: (line: string) => void) {}

  /** Thrown: why a part did not start, this one or the first of those that start beside it; all processes are killed then. */
  async add<T extends Stoppable>(what: string, where: (part: T) => string, start: () => Promise<T>): Promise<T> {
    try {
      const part = await start();
      this.parts.push({ what, part });
      this.say(`${what}: ${where(part)}`);
      return part;
    } catch (error) {
      this.failure ??= error;
      await killAll();
      throw this.failure;
    }
  }

  /** Stops all of them, the last first. Thrown: an error that names those that could not be stopped, after all others are. */
  async stop(): Promise<void> {
    const failures: string[] = [];
    for (const { what, part } of this.parts.splice(0).reverse()) {
      await part.stop().catch((error: unknown) => failures.push(`${what}: ${String(error)}`));
    }
    if (failures.length > 0) throw new Error(`not stopped: ${failures.join('; ')}`);
  }
}

/** Ends every process that this one has started, also those that are not ready yet; none can be started any more. */
export async function killAll(): Promise<void> {
  await Promise.all([stopAllServers(), stopAll()]);
}

/** As Promise.all, but it waits for all before it throws: none runs on behind the caller's back. */
export async function all<T extends readonly Promise<unknown>[]>(promises: readonly [...T]): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
