import { readdirSync } from 'node:fs';
import { VARIABLE_NAMES } from '../src/config-variables.js';
import { readConfig } from '../src/config.js';
import { addressesIn, environmentOf, isCassandra, isInDocker, isKafka, isVigia, portsOf, readComposeFile, repositoryFile, waitsFor } from './support/compose-file.js';
import { IMAGE_COMMAND, PRODUCT_ARGUMENTS } from './support/product-command.js';
import { prometheusFile } from './prometheus/rules.js';

const { services, volumes } = readComposeFile('docker/compose.yaml');
const each = Object.entries(services);
const named = (is: (service: (typeof each)[number][1]) => boolean): string[] => each.filter(([, service]) => is(service)).map(([name]) => name);
const imageOf = (name: string): string => services[name]!.image ?? '';

const dockerfile = repositoryFile('docker/Dockerfile');
const withExporter = repositoryFile('docker/jmx/Dockerfile');
const balancer = repositoryFile('docker/haproxy/haproxy.cfg');
const dataSources = repositoryFile('docker/grafana/provisioning/datasources/vigia.yaml').replace(/^#.*$/gm, '');
const dashboards = repositoryFile('docker/grafana/provisioning/dashboards/vigia.yaml');
/** The properties that the brokers of the server suites are started with. */
const testBrokers = repositoryFile('test/servers/kafka.ts') + repositoryFile('test/servers/kafka-node.ts');

/** Vigía's processes, without the simulator. */
const processes = each.filter(([, service]) => isVigia(service) && service.command === undefined);
const configs = new Map(processes.map(([name, service]) => [name, readConfig(environmentOf(service))]));
const listensOn = (address: string): boolean => {
  const [host, port] = address.split(':') as [string, string];
  return services[host] !== undefined && portsOf(services[host]).includes(port);
};

describe('the images', () => {
  it('have full version numbers', () => {
    const from = [...`${dockerfile}\n${withExporter}`.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image!);
    expect(from.length).toBe(5);
    for (const image of [...from, ...each.flatMap(([, { image: given }]) => given ?? [])]) expect(image).toMatch(/^[a-z./-]+:v?\d+\.\d+\.\d+(-[a-z0-9-]+)?$/);
  });

  it('of Kafka, Cassandra, their exporter, InfluxDB and Mailpit have the versions that the tests run', () => {
    const maven = (system: string, artifact: string) => new RegExp(`<artifactId>${artifact}</artifactId>\\s*<version>([^<]+)<`).exec(repositoryFile(`test/servers/${system}/pom.xml`))?.[1];
    expect(withExporter).toContain(`FROM apache/kafka:${maven('kafka', 'kafka_2.13')} AS kafka\n`);
    expect(withExporter).toContain(`FROM cassandra:${maven('cassandra', 'cassandra-all')} AS cassandra\n`);
    expect(withExporter).toContain(`:jmx_prometheus_javaagent:${maven('kafka', 'jmx_prometheus_javaagent')} `);
    expect(imageOf('influxdb')).toBe(`influxdb:${/VERSION = 'v(.+)'/.exec(repositoryFile('test/servers/influxdb.ts'))![1]}`);
    expect(imageOf('mailpit')).toBe(`axllent/mailpit:${/goProgram\('github\.com\/axllent\/mailpit', '(v[^']+)'/.exec(repositoryFile('test/servers/mailpit.ts'))![1]}`);
  });

  it('are built from files that are there', () => {
    for (const [name, { build }] of each) if (build) expect([name, isInDocker(`${build.context}/${build.dockerfile ?? 'Dockerfile'}`)]).toEqual([name, true]);
    for (const target of ['kafka', 'cassandra']) {
      expect(named(({ build }) => build?.target === target).length).toBeGreaterThan(1);
      expect(withExporter).toMatch(new RegExp(`^COPY \\S+ ${target}\\.yml /opt/jmx/$`, 'm'));
      expect(withExporter).toContain(`:/opt/jmx/${target}.yml\n`);
      expect(isInDocker(`jmx/${target}.yml`)).toBe(true);
    }
  });

  it('run what `npm start` runs', () => {
    expect(IMAGE_COMMAND).toEqual(['node', ...PRODUCT_ARGUMENTS]);
  });

  it('let Vigía write in its data folder alone, and as no root', () => {
    expect(dockerfile).toMatch(/^USER node$/m);
    for (const [name, { read_only, cap_drop, volumes: mounts = [] }] of processes) {
      expect([name, read_only, cap_drop]).toEqual([name, true, ['ALL']]);
      const isIngest = configs.get(name)!.roles.has('ingest');
      expect([name, mounts]).toEqual([name, isIngest ? [] : [`${name}:/data`]]);
    }
    expect(dockerfile).toMatch(/VIGIA_DATA_DIR=\/data\b/);
  });
});

describe('what is mounted', () => {
  it('is a volume, a file that is there, or what node-exporter and cAdvisor watch; and each volume is used', () => {
    const used = new Set<string>();
    for (const [name, { volumes: mounts = [] }] of each) {
      for (const source of mounts.map((mount) => mount.split(':')[0]!)) {
        if (source.startsWith('/')) expect(['node-exporter', 'cadvisor']).toContain(name);
        else expect([name, source, source.startsWith('.') ? isInDocker(source) : source in volumes]).toEqual([name, source, true]);
        used.add(source);
      }
    }
    expect(Object.keys(volumes).filter((volume) => !used.has(volume))).toEqual([]);
  });

  it('is where the systems look for it', () => {
    const targets = new Map(each.flatMap(([name, { volumes: mounts = [] }]) => mounts.map((mount) => [`${name} ${mount.split(':')[1]}`, mount.split(':')[0]] as const)));
    expect(targets.get(`grafana ${/path: (\S+)/.exec(dashboards)![1]}`)).toBe('./grafana/dashboards');
    expect(targets.get('grafana /etc/grafana/provisioning')).toBe('./grafana/provisioning');
    expect(targets.get('prometheus /etc/prometheus')).toBe('./prometheus');
    expect(targets.get('alertmanager /etc/alertmanager/alertmanager.yml')).toBe('./prometheus/alertmanager.yml');
    expect(targets.get('load-balancer /usr/local/etc/haproxy/haproxy.cfg')).toBe('./haproxy/haproxy.cfg');
  });
});

describe('the settings', () => {
  it('of Vigía are ones that it takes, with each role in some process, and two that ingest and two that process', () => {
    const having = (role: 'ingest' | 'process' | 'project' | 'notify' | 'console') => [...configs].filter(([, { roles }]) => roles.has(role)).length;
    expect({ ingest: having('ingest'), process: having('process'), project: having('project'), notify: having('notify'), console: having('console') }).toEqual({
      ingest: 2, process: 2, project: 1, notify: 1, console: 1,
    });
    for (const [name, service] of each.filter(([, candidate]) => isVigia(candidate))) expect([name, Object.keys(environmentOf(service)).filter((variable) => !VARIABLE_NAMES.includes(variable))]).toEqual([name, []]);
  });

  it('of the balancer and of Kafka are ones that they have', () => {
    for (const variable of Object.keys(environmentOf(services['load-balancer']!))) expect([variable, balancer.includes(variable)]).toEqual([variable, true]);
    for (const [, variable] of balancer.matchAll(/"\$\{(\w+)\}"/g)) expect([variable, variable! in environmentOf(services['load-balancer']!) || balancer.includes(`presetenv ${variable} `)]).toEqual([variable, true]);
    for (const name of named(isKafka)) {
      for (const variable of Object.keys(environmentOf(services[name]!)).filter((other) => !['CLUSTER_ID', 'KAFKA_HEAP_OPTS'].includes(other))) {
        const property = variable.replace(/^KAFKA_/, '').toLowerCase().replaceAll('_', '.');
        expect([name, property, testBrokers.includes(`'${property}':`) || testBrokers.includes(` ${property}:`)]).toEqual([name, property, true]);
      }
    }
  });

  it('of Grafana are those that its data sources ask for', () => {
    const given = Object.keys(environmentOf(services['grafana']!)).filter((variable) => !variable.startsWith('GF_'));
    expect(given.sort()).toEqual([...new Set([...dataSources.matchAll(/\$(\w+)/g)].map(([, variable]) => variable!))].sort());
    expect(environmentOf(services['grafana']!)['PROMETHEUS_URL']).toBe('http://prometheus:9090');
  });

  it('are the same where InfluxDB is set up, written and read', () => {
    const setUp = environmentOf(services['influxdb']!);
    const [org, bucket, token] = ['ORG', 'BUCKET', 'ADMIN_TOKEN'].map((name) => setUp[`DOCKER_INFLUXDB_INIT_${name}`]);
    expect(configs.get('core')!.influx).toMatchObject({ org, bucket, token, url: 'http://influxdb:8086' });
    expect(environmentOf(services['grafana']!)).toMatchObject({ INFLUX_ORG: org, INFLUX_BUCKET: bucket, INFLUX_TOKEN: token, INFLUX_URL: 'http://influxdb:8086' });
  });

  it('make a ring of three nodes in the data centre that Vigía asks', () => {
    const nodes = named(isCassandra);
    const { contactPoints, dataCenter } = configs.get('core')!.cassandra!;
    expect(nodes.length).toBe(3);
    expect(contactPoints).toEqual(nodes.map((name) => `${name}:9042`));
    for (const name of nodes) expect(environmentOf(services[name]!)).toMatchObject({ CASSANDRA_DC: dataCenter, CASSANDRA_SEEDS: nodes[0], CASSANDRA_ENDPOINT_SNITCH: 'GossipingPropertyFileSnitch' });
  });

  it('make one Kafka cluster of two brokers with a quorum of three controllers', () => {
    const nodes: Readonly<Record<string, string>>[] = named(isKafka).map((name) => ({ ...environmentOf(services[name]!), name }));
    expect(new Set(nodes.map((node) => node['KAFKA_NODE_ID'])).size).toBe(nodes.length);
    expect(new Set(nodes.map((node) => node['CLUSTER_ID'])).size).toBe(1);
    const controllers = nodes.filter((node) => node['KAFKA_PROCESS_ROLES'] === 'controller').map((node) => `${node['KAFKA_NODE_ID']}@${node['name']}:9093`);
    expect(controllers.length).toBe(3);
    expect(new Set(nodes.map((node) => node['KAFKA_CONTROLLER_QUORUM_VOTERS']))).toEqual(new Set([controllers.join()]));
    const brokers = nodes.filter((node) => node['KAFKA_PROCESS_ROLES'] === 'broker');
    for (const { kafka } of configs.values()) expect(kafka).toMatchObject({ brokers: brokers.map((broker) => `${broker['name']}:9092`), replicationFactor: brokers.length });
    for (const broker of brokers) expect(broker['KAFKA_ADVERTISED_LISTENERS']).toBe(`PLAINTEXT://${broker['name']}:9092`);
  });
});

describe('the addresses', () => {
  it('that a service is told are of services that listen there, for which it waits', () => {
    const told = each.flatMap(([name, service]) => addressesIn(service).map((address) => ({ name, address })));
    expect(told.length).toBeGreaterThan(30);
    for (const { name, address } of told) {
      expect([name, address, listensOn(address)]).toEqual([name, address, true]);
      const host = address.split(':')[0]!;
      // A quorum is made of peers.
      if ([name, host].every((peer) => environmentOf(services[peer]!)['KAFKA_PROCESS_ROLES'] === 'controller')) continue;
      expect([name, address, [...waitsFor(services, name)]]).toEqual([name, address, expect.arrayContaining([host])]);
    }
  });

  it('that Prometheus and Alertmanager have are of services that listen there', () => {
    const targets = readdirSync(new URL('../docker/prometheus/targets/', import.meta.url)).map((file) => [file, (prometheusFile(`targets/${file}`) as [{ targets: string[] }])[0].targets] as const);
    for (const [file, addresses] of targets) {
      for (const address of addresses) expect([file, address, listensOn(address.replace(/^localhost:/, 'prometheus:'))]).toEqual([file, address, true]);
    }
    const { smtp_smarthost } = (prometheusFile('alertmanager.yml') as { global: { smtp_smarthost: string } }).global;
    expect([smtp_smarthost, listensOn(smtp_smarthost)]).toEqual([smtp_smarthost, true]);
    // And none is forgotten, but for Mailpit and the simulator, which have no metrics that are asked for.
    const watched = new Set(targets.flatMap(([, addresses]) => addresses.map((address) => address.split(':')[0]!.replace('localhost', 'prometheus'))));
    expect(Object.keys(services).filter((name) => !watched.has(name)).sort()).toEqual(['mailpit', 'simulator']);
  });

  it('that are published are ones that something listens on, each once, and on loopback but for the sensors’', () => {
    const published = each.flatMap(([name, { ports = [] }]) => ports.map((port) => ({ name, port })));
    for (const { name, port } of published) expect([name, port, portsOf(services[name]!)]).toEqual([name, port, expect.arrayContaining([port.split(':').at(-1)])]);
    const onHost = published.map(({ port }) => port.split(':').at(-2));
    expect(new Set(onHost).size).toBe(onHost.length);
    expect(published.map(({ port }) => port).filter((port) => !port.startsWith('127.0.0.1:'))).toEqual(['8080:8080']);
    const exposed = /^EXPOSE (.+)$/m.exec(dockerfile)![1]!.split(' ');
    for (const [, service] of processes) expect(exposed).toEqual(expect.arrayContaining([...portsOf(service)]));
  });
});

describe('the start', () => {
  it('checks the health of each service, at a port that it listens on', () => {
    const ofImage = /^HEALTHCHECK .*127\.0\.0\.1:(\d+)\/api\/health/m.exec(dockerfile)![1];
    for (const [name, service] of each) {
      const { healthcheck } = service;
      if (isVigia(service)) expect([name, healthcheck, portsOf(service)]).toEqual([name, service.command ? { disable: true } : undefined, service.command ? [] : expect.arrayContaining([ofImage])]);
      else if (name === 'mailpit') expect(healthcheck!.test).toEqual(['CMD', '/mailpit', 'readyz']);
      else expect([name, portsOf(service)]).toEqual([name, expect.arrayContaining([/127\.0\.0\.1[:/](\d+)/.exec(healthcheck!.test!.join(' '))![1]])]);
    }
  });

  it('waits for services that there are, until they are healthy, and never in a circle', () => {
    for (const [name, { depends_on = {}, profiles }] of each) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        expect([name, other, other in services, condition]).toEqual([name, other, true, 'service_healthy']);
        expect([name, other, services[other]!.profiles]).toEqual([name, other, undefined]);
      }
      expect(waitsFor(services, name).has(name)).toBe(true);
      expect([name, profiles]).toEqual([name, name === 'simulator' ? ['simulator'] : undefined]);
    }
  });

  it('goes from the quorum to the brokers, the endpoints and the balancer', () => {
    expect([...waitsFor(services, 'simulator')]).toEqual(expect.arrayContaining(['load-balancer', 'ingest-1', 'ingest-2', 'kafka-1', 'kafka-2', 'controller-1', 'controller-2', 'controller-3']));
    expect([...waitsFor(services, 'cassandra-3')]).toEqual(['cassandra-3', 'cassandra-2', 'cassandra-1']);
  });
});
