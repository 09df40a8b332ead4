import { isIP } from 'node:net';

/** Whether a name or address, without brackets and port, leads to this machine alone. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}

/** Whether it is an address: no name that somebody else could lead here. */
export function isAddress(hostname: string): boolean {
  return isIP(hostname) !== 0;
}

/** `[::1]:3000` → `::1`; `localhost:3000` → `localhost`. */
export function hostnameOf(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1').toLowerCase();
}
