import { load } from 'js-yaml';
import { repositoryFile } from './compose-file.js';

/** What the inventory says of a service on a machine. */
export interface PlacedHost {
  readonly service: string;
  readonly machine: string;
  readonly ports: readonly number[];
  readonly health?: { readonly port: number; readonly path?: string };
  readonly drained?: readonly string[];
  readonly published?: Readonly<Record<string, number>>;
}

interface Group {
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly hosts?: Readonly<Record<string, Readonly<Record<string, unknown>> | null>>;
  readonly children?: Readonly<Record<string, Group>>;
}

export interface Inventory {
  /** Addresses by name. */
  readonly machines: Readonly<Record<string, string>>;
  /** By group, in the order of the file: what is placed, by host. */
  readonly groups: Readonly<Record<string, Readonly<Record<string, PlacedHost>>>>;
}

/** The inventory that users edit, without Ansible: `name-[1:3]` stands for three hosts, the last number of which is their machine's. */
export function readInventory(): Inventory {
  const { all } = load(repositoryFile('docker/ansible/inventory/hosts.yml')) as { all: Group };
  const { services } = all.children as { services: Group };
  const placed = (group: Group): Record<string, PlacedHost> =>
    Object.fromEntries(
      Object.entries(group.hosts ?? {}).flatMap(([pattern, vars]) =>
        hostsOf(pattern).map((host) => [host, { service: host, ...group.vars, ...vars, machine: machineOf(vars?.['machine'] ?? group.vars?.['machine'], host) } as PlacedHost]),
      ),
    );
  return {
    machines: all.vars?.['addresses'] as Readonly<Record<string, string>>,
    groups: Object.fromEntries(Object.entries(services.children ?? {}).map(([name, group]) => [name, placed(group)])),
  };
}

function hostsOf(pattern: string): string[] {
  const range = /^(.*)\[(\d+):(\d+)\]$/.exec(pattern);
  if (range === null) return [pattern];
  const [first, last] = [Number(range[2]), Number(range[3])];
  return Array.from({ length: last - first + 1 }, (_, i) => `${range[1]}${first + i}`);
}

const machineOf = (given: unknown, host: string): string => (String(given).includes('{{') ? `machine-${host.split('-').at(-1)}` : String(given));
