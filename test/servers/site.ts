import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './server-process.js';

/** A folder for a server's data. */
export interface DataFolder {
  readonly path: string;
  /** Whether another server will go on with it; this one then is ended in good order. */
  readonly isKept: boolean;
  /** To be called when nothing uses it any more; removes it if that is due. */
  release(): void;
}

/** Where servers listen and have their data. */
export interface Site {
  /** A port for a purpose, such as `kafka-1`, that nothing listens on. Thrown: `PortTaken`. */
  port(purpose: string): Promise<number>;
  folder(name: string): DataFolder;
}

/** Free ports, and data that go with the server. */
export const temporarySite: Site = {
  port: freePort,
  folder: (name) => {
    const path = mkdtempSync(join(tmpdir(), `vigia-${name}-`));
    return { path, isKept: false, release: () => rmSync(path, { recursive: true, force: true }) };
  },
};

/** A text that servers on a folder need the same at every start; `make` gives it the first time. */
export function keptIn(folder: DataFolder, name: string, make: () => string): string {
  const file = join(folder.path, name);
  if (!existsSync(file)) writeFileSync(file, make());
  return readFileSync(file, 'utf8');
}

/** Something else listens on a port that is wanted. */
export class PortTaken extends Error {
  constructor(readonly ports: Readonly<Record<string, number>>) {
    super(`taken: ${Object.entries(ports).map(([purpose, port]) => `port ${port} (${purpose})`).join(', ')}`);
    this.name = 'PortTaken';
  }
}

/** A part of `dir` for each server, which it leaves there. `ports` gives each purpose its port; without it they are free ones. */
export function siteIn(dir: string, ports: Readonly<Record<string, number>> | null, isKept: boolean): Site {
  return {
    port: async (purpose) => {
      if (ports === null) return freePort();
      const port = ports[purpose];
      if (port === undefined) throw new RangeError(`no port is planned for ${purpose}`);
      return port;
    },
    folder: (name) => {
      const path = join(dir, name);
      mkdirSync(path, { recursive: true });
      return { path, isKept, release: () => undefined };
    },
  };
}

/** Thrown: `PortTaken` with each of the ports that something listens on, at whatever address. */
export async function refuseTaken(ports: Readonly<Record<string, number>>): Promise<void> {
  const taken: Record<string, number> = {};
  for (const [purpose, port] of Object.entries(ports)) if (await isTaken(port)) taken[purpose] = port;
  if (Object.keys(taken).length > 0) throw new PortTaken(taken);
}

async function isTaken(port: number): Promise<boolean> {
  const server = createServer().listen({ port, host: '0.0.0.0' });
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return true;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return false;
}
