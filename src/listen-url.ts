import type { AddressInfo, Server } from 'node:net';

/** `http://127.0.0.1:3000` of a server that listens. */
export function urlOf(bindAddress: string, server: Pick<Server, 'address'>): string {
  const { port } = server.address() as AddressInfo;
  return `http://${bindAddress.includes(':') ? `[${bindAddress}]` : bindAddress}:${port}`;
}
