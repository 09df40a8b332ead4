import { load } from 'js-yaml';
import { readInventory, type PlacedHost } from './support/ansible-inventory.js';
import { isVigia, portsOf, readComposeFile, repositoryFile, waitsFor } from './support/compose-file.js';

const { services } = readComposeFile('docker/compose.yaml');
const { machines, groups } = readInventory();
const placed = Object.values(groups).flatMap((group) => Object.entries(group));
const on = (service: string): PlacedHost[] => placed.filter(([, host]) => host.service === service).map(([, host]) => host);

interface Import {
  readonly vars: { readonly tier: string; readonly at_once?: number };
  readonly tags?: readonly string[];
}
const tiersOf = (play: string): Import[] => load(repositoryFile(`docker/ansible/${play}`)) as Import[];
const [starts, stops] = [tiersOf('start.yml'), tiersOf('stop.yml')];

describe('the inventory', () => {
  it('places each service of compose.yaml, and no other, once; exporters on every machine', () => {
    expect([...new Set(placed.map(([, { service }]) => service))].sort()).toEqual(Object.keys(services).sort());
    for (const [name, { service, machine }] of placed) {
      expect([name, Object.keys(machines)]).toEqual([name, expect.arrayContaining([machine])]);
      if (service === name) expect([name, on(service).length]).toEqual([name, 1]);
    }
    for (const exporter of ['node-exporter', 'cadvisor']) expect(on(exporter).map(({ machine }) => machine).sort()).toEqual(Object.keys(machines).sort());
  });

  it('has the ports of compose.yaml, none twice on a machine', () => {
    for (const [name, { service, ports, published }] of placed) {
      const inside = ports.map((port) => String(published?.[port] ?? port));
      expect([name, inside.sort()]).toEqual([name, [...portsOf(services[service]!)].sort()]);
    }
    const taken = placed.flatMap(([, { machine, ports }]) => ports.map((port) => `${machine}:${port}`));
    expect(taken.length).toBe(new Set(taken).size);
    expect(new Set(Object.values(machines)).size).toBe(Object.keys(machines).length);
  });

  it('asks for the health where compose.yaml does', () => {
    const ofImage = /^HEALTHCHECK .*127\.0\.0\.1:(\d+)(\/[^']+)/m.exec(repositoryFile('docker/Dockerfile'))!;
    for (const [name, { service, ports, health, published }] of placed) {
      const { healthcheck } = services[service]!;
      if (healthcheck?.disable) {
        expect([name, health]).toEqual([name, undefined]);
        continue;
      }
      expect([name, ports]).toEqual([name, expect.arrayContaining([health?.port])]);
      const asked = (healthcheck?.test ?? []).join(' ');
      // Those two by their own programs.
      if (['influxdb', 'mailpit'].includes(name)) continue;
      const [, port, path] = isVigia(services[service]!) ? ofImage : (/GET (\/\S+)/.test(asked) ? [null, /tcp\/127\.0\.0\.1\/(\d+)/.exec(asked)![1], /GET (\/\S+)/.exec(asked)![1]] : /127\.0\.0\.1[:/](\d+)(\/\S+)?/.exec(asked)!);
      expect([name, String(published?.[health!.port] ?? health!.port), health!.path]).toEqual([name, port, path]);
    }
  });

  it('knows drained processes by metrics that Vigía has', () => {
    const known = repositoryFile('docs/monitoring.md');
    for (const [name, { drained = [], service }] of placed) {
      expect([name, drained.length > 0]).toEqual([name, isVigia(services[service]!) && /^(core|process-)/.test(name)]);
      for (const metric of drained) expect([metric, known.includes(`\`${metric}`)]).toEqual([metric, true]);
    }
  });
});

describe('the plays', () => {
  it('start every group, and stop them in the reverse order', () => {
    expect(starts.flatMap(({ vars }) => vars.tier.split(':')).sort()).toEqual(Object.keys(groups).sort());
    expect(stops.map(({ vars }) => vars).reverse()).toEqual(starts.map(({ vars }) => vars));
  });

  it('start what a service waits for in compose.yaml before it', () => {
    const order = starts.flatMap(({ vars }) => vars.tier.split(':').map((group) => [...new Set(Object.values(groups[group]!).map(({ service }) => service))]));
    const at = (service: string): number => order.findIndex((tier) => tier.includes(service));
    for (const service of Object.keys(services)) {
      for (const before of waitsFor(services, service)) if (before !== service) expect([service, before, at(before) <= at(service)]).toEqual([service, before, true]);
    }
    // The ring grows in the order of compose.yaml.
    expect(Object.keys(groups['cassandra']!)).toEqual([...waitsFor(services, 'cassandra-3')].reverse());
  });

  it('start cAdvisor, which may not come up, after everything that is to run', () => {
    expect(starts.filter(({ tags }) => tags === undefined).at(-1)!.vars.tier).toBe('cadvisors');
    for (const service of Object.keys(services)) if (service !== 'cadvisor') expect([service, waitsFor(services, service).has('cadvisor')]).toEqual([service, false]);
  });

  it('take brokers and nodes of the ring one at a time, controllers together, and the simulator only when it is asked for', () => {
    expect(starts.filter(({ vars }) => vars.at_once === 1).map(({ vars }) => vars.tier)).toEqual(['kafka_brokers', 'cassandra']);
    expect(starts.filter(({ tags }) => tags !== undefined)).toEqual([{ ...starts.at(-1), vars: { tier: 'simulators' }, tags: ['never', 'simulator'] }]);
  });
});
