import { existsSync, readFileSync } from 'node:fs';
import { load, YAML11_SCHEMA } from 'js-yaml';
import { readConfig } from '../../src/config.js';

export interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile?: string; readonly target?: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly profiles?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly extra_hosts?: Readonly<Record<string, string>>;
  readonly stop_signal?: NodeJS.Signals;
  /** `30s`; 10 s unless it is given. */
  readonly stop_grace_period?: string;
}

export type Services = Readonly<Record<string, Service>>;

export interface ComposeFile {
  readonly services: Services;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** A file of the repository, as text. */
export const repositoryFile = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
/** Whether there is such a file or folder in docker/. */
export const isInDocker = (path: string): boolean => existsSync(new URL(`../../docker/${path}`, import.meta.url));

/** A compose file with its variables at their defaults: `${NAME:-default}`. */
export const readComposeFile = (path: string): ComposeFile => parseComposeFile(repositoryFile(path), {});

/** A compose file from its text, with these variables. What replaces another file's value (`!reset`, `!override`) is as any other. */
export function parseComposeFile(text: string, variables: Readonly<Record<string, string | undefined>>): ComposeFile {
  const plain = text.replace(/\$\{(\w+):-([^}]*)\}/g, (_, name: string, value: string) => variables[name] || value).replace(/: !(reset|override)\b/g, ':');
  return load(plain, { schema: YAML11_SCHEMA }) as ComposeFile; // for the merge keys
}

export const isVigia = ({ build }: Service): boolean => build?.dockerfile === 'docker/Dockerfile';
/** A broker or a controller. */
export const isKafka = ({ build }: Service): boolean => build?.target === 'kafka';
export const isCassandra = ({ build }: Service): boolean => build?.target === 'cassandra';
export const environmentOf = ({ environment }: Service): Readonly<Record<string, string>> => environment ?? {};

/** What the images listen on by themselves. Source: their documentation. */
const PORTS_OF_IMAGES: Readonly<Record<string, readonly string[]>> = {
  'eventstore/eventstore': ['2113'],
  influxdb: ['8086'],
  'axllent/mailpit': ['1025', '8025'],
  'grafana/grafana': ['3000'],
  'prom/prometheus': ['9090'],
  'prom/alertmanager': ['9093'],
  'prom/node-exporter': ['9100'],
  'google/cadvisor': ['8080'],
};

const balancer = repositoryFile('docker/haproxy/haproxy.cfg');
const exporters = [...repositoryFile('docker/jmx/Dockerfile').matchAll(/^FROM \S+ AS (kafka|cassandra)$[^]*?javaagent:\S+?=(\d+):/gm)];
const exporterPort = (target: string): string => exporters.find(([, name]) => name === target)![2]!;

/** The ports that a service listens on, by what it is set to. */
export function portsOf(service: Service): readonly string[] {
  const environment = environmentOf(service);
  const portIn = (text: string): string => /:(\d+)$/.exec(text)![1]!;
  if (isKafka(service)) return [...environment['KAFKA_LISTENERS']!.split(',').map(portIn), exporterPort('kafka')];
  if (isCassandra(service)) return ['9042', exporterPort('cassandra')];
  if (isVigia(service)) {
    if (service.command !== undefined) return [];
    const { roles, ingestPort, consolePort } = readConfig(environment);
    return [...(roles.has('ingest') ? [ingestPort] : []), consolePort].map(String);
  }
  const image = service.image!.split(':')[0]!;
  if (image !== 'haproxy') return PORTS_OF_IMAGES[image] ?? [];
  const preset = (name: string): string => environment[name] ?? new RegExp(`presetenv ${name} (\\S+)`).exec(balancer)![1]!;
  return [preset('LB_BIND'), preset('LB_METRICS_BIND')].map(portIn);
}

/** The other systems that a service is told of, `host:port`. */
export function addressesIn(service: Service): string[] {
  const environment = environmentOf(service);
  const told = [...Object.values(environment), ...(service.command ?? [])].flatMap((text) => text.match(/\b[a-z][a-z0-9-]*:\d+\b/g) ?? []);
  const ring = isVigia(service) ? (readConfig(environment).cassandra?.contactPoints ?? []) : [];
  return [...told, ...ring];
}

/** A service and all that it waits for, directly or not. Thrown: `RangeError` for a circle. */
export function waitsFor(services: Services, name: string, above: readonly string[] = []): Set<string> {
  if (above.includes(name)) throw new RangeError(`a circle: ${[...above, name].join(' → ')}`);
  const direct = Object.keys(services[name]?.depends_on ?? {});
  return new Set([name, ...direct.flatMap((other) => [...waitsFor(services, other, [...above, name])])]);
}
