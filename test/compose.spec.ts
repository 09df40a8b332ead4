import { existsSync, readFileSync } from 'node:fs';
import { load, YAML11_SCHEMA } from 'js-yaml';
import { readConfig } from '../src/config.js';

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly expose?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const exists = (path: string): boolean => existsSync(new URL(`../docker/${path}`, import.meta.url));

const balancer = read('docker/haproxy/haproxy.cfg');
const dockerfile = read('docker/Dockerfile');
/** The properties that the brokers of the server suites are started with. */
const testBrokers = read('test/servers/kafka.ts') + read('test/servers/kafka-node.ts');

const isOurs = ({ build }: Service): boolean => build !== undefined;
const isKafka = ({ image }: Service): boolean => image?.startsWith('apache/kafka:') === true;
const environmentOf = ({ environment }: Service): Readonly<Record<string, string>> => environment ?? {};

/** The ports that a service listens on, by what it is set to. */
function portsOf(service: Service): string[] {
  const environment = environmentOf(service);
  const portIn = (text: string): string => /:(\d+)$/.exec(text)![1]!;
  if (isKafka(service)) return environment['KAFKA_LISTENERS']!.split(',').map(portIn);
  if (isOurs(service)) {
    const { roles, ingestPort, consolePort } = readConfig(environment);
    return [...(roles.has('ingest') ? [ingestPort] : []), consolePort].map(String);
  }
  const preset = (name: string): string => environment[name] ?? new RegExp(`presetenv ${name} (\\S+)`).exec(balancer)![1]!;
  return [preset('LB_BIND'), preset('LB_METRICS_BIND')].map(portIn);
}

describe.each(['docker/compose.yaml', 'docker/compose.kafka.yaml'])('%s', (path) => {
  const { services, volumes = {} } = load(read(path), { schema: YAML11_SCHEMA }) as Compose; // for the merge keys
  const each = Object.entries(services);

  it('builds from files that are there, and mounts volumes and files that are there', () => {
    for (const [name, service] of each) {
      if (service.build) expect([name, exists(`${service.build.context}/${service.build.dockerfile}`)]).toEqual([name, true]);
      for (const mount of service.volumes ?? []) {
        const source = mount.split(':')[0]!;
        expect([mount, source.startsWith('.') ? exists(source) : source in volumes]).toEqual([mount, true]);
      }
    }
    const used = each.flatMap(([, service]) => (service.volumes ?? []).map((mount) => mount.split(':')[0]!));
    expect(Object.keys(volumes).filter((name) => !used.includes(name))).toEqual([]);
  });

  it('gives Vigía only settings that it takes, and each role to some process', () => {
    const roles = new Set<string>();
    for (const [, service] of each.filter(([, candidate]) => isOurs(candidate))) for (const role of readConfig(environmentOf(service)).roles) roles.add(role);
    expect([...roles].sort()).toEqual(['console', 'ingest', 'notify', 'process', 'project']);
  });

  it('publishes and exposes ports that something listens on', () => {
    for (const [name, service] of each) {
      for (const published of [...(service.ports ?? []), ...(service.expose ?? [])]) {
        const port = published.split(':').at(-1)!;
        expect([name, portsOf(service)]).toEqual([name, expect.arrayContaining([port])]);
        if (isOurs(service)) expect(dockerfile).toMatch(new RegExp(`^EXPOSE.*\\b${port}\\b`, 'm'));
      }
    }
  });

  it('names services that there are, at ports that they listen on', () => {
    const addresses = each.flatMap(([name, service]) => {
      const values = Object.values(environmentOf(service)).flatMap((value) => value.split(','));
      return values.flatMap((value) => (/^(?:\w+:\/\/|\d+@)?([a-z][\w-]*):(\d+)$/.exec(value) ? [[name, value] as const] : []));
    });
    if (path.includes('kafka')) expect(addresses.length).toBeGreaterThan(10);
    for (const [name, address] of addresses) {
      const [, host, port] = /([a-z][\w-]*):(\d+)$/.exec(address)!;
      expect([name, address, services[host!] === undefined ? [] : portsOf(services[host!]!)]).toEqual([name, address, expect.arrayContaining([port])]);
    }
    for (const [name, { depends_on = [] }] of each) expect([name, depends_on.filter((other) => !(other in services))]).toEqual([name, []]);
  });

  it('sets of the balancer and of Kafka what they have', () => {
    for (const [name, service] of each.filter(([, candidate]) => !isOurs(candidate))) {
      for (const variable of Object.keys(environmentOf(service))) {
        if (!isKafka(service)) expect([name, variable, balancer.includes(variable)]).toEqual([name, variable, true]);
        else if (variable !== 'CLUSTER_ID') {
          const property = variable.replace(/^KAFKA_/, '').toLowerCase().replaceAll('_', '.');
          const isKnown = testBrokers.includes(`'${property}':`) || testBrokers.includes(` ${property}:`);
          expect([name, property, isKnown]).toEqual([name, property, true]);
        }
      }
    }
    for (const needed of balancer.matchAll(/"\$\{(\w+)\}"/g)) {
      const variable = needed[1]!;
      const setBy = each.filter(([, service]) => service.image?.startsWith('haproxy:') === true && (variable in environmentOf(service) || balancer.includes(`presetenv ${variable} `)));
      expect([variable, setBy.length]).toEqual([variable, path.includes('kafka') ? 1 : 0]);
    }
  });

  it('has a node id of its own for each Kafka process, in one cluster, with a controller that is voted for', () => {
    const nodes: Readonly<Record<string, string>>[] = each.filter(([, service]) => isKafka(service)).map(([name, service]) => ({ ...environmentOf(service), name }));
    if (nodes.length === 0) return;
    const idOf = (node: Readonly<Record<string, string>>) => node['KAFKA_NODE_ID']!;
    expect(new Set(nodes.map(idOf)).size).toBe(nodes.length);
    expect(new Set(nodes.map((node) => node['CLUSTER_ID'])).size).toBe(1);
    const controllers = nodes.filter((node) => node['KAFKA_PROCESS_ROLES'] === 'controller').map((node) => `${idOf(node)}@${node['name']}:9093`);
    expect(new Set(nodes.map((node) => node['KAFKA_CONTROLLER_QUORUM_VOTERS']))).toEqual(new Set([controllers.join()]));
    const brokers = nodes.filter((node) => node['KAFKA_PROCESS_ROLES'] === 'broker');
    expect(brokers.length).toBeGreaterThanOrEqual(readConfig({ KAFKA_BROKERS: 'kafka-1:9092' }).kafka!.replicationFactor);
    for (const broker of brokers) expect(broker['KAFKA_ADVERTISED_LISTENERS']).toBe(`PLAINTEXT://${broker['name']}:9092`);
  });
});
