import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'cassandra-driver';
import { Accounts } from '../../src/access/accounts.js';
import { machines as machineAccounts } from '../support/accounts.js';
import { readInventory } from '../support/ansible-inventory.js';
import { processesWith } from '../support/processes-with.js';
import { waitFor } from '../support/wait-for.js';
import { PLAYS, runAnsible } from './ansible.js';
import { serversCache } from './cache.js';
import { problemOf } from './compose/compose-go.js';
import { compiledCompose } from './compose/compiled-compose.js';
import { beginToWatch } from './compose/sweeper.js';
import { kcatProgram } from './kcat.js';
import type { ProgramRun } from './python-program.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PLAYBOOKS = ['install.yml', 'start.yml', 'stop.yml', 'status.yml'];
/** There are no programs here for Grafana and cAdvisor; the rest is left out to be quick. */
const LEFT_OUT = 'all:!grafana:!cadvisors:!node_exporters[1:]:!cassandra-3';
const CUSTOMERS = 200;
const TOKEN = 'token-of-the-test';

/**
 * The plays and the inventory that users run, each machine an address of loopback. All that is different is the program they call:
 * it takes docker compose's calls and runs programs of this machine in place of containers.
 */
describe('the Ansible plays', () => {
  const { machines, groups } = readInventory();
  const { accounts, tokens } = machineAccounts();
  const dir = mkdtempSync(join(tmpdir(), 'vigia-ansible-'));
  const network = `127.${100 + Math.floor(Math.random() * 100)}.${1 + Math.floor(Math.random() * 250)}`;
  const addressOf = (service: string): string => `${network}.${Object.keys(machines).indexOf(Object.values(groups).find((group) => service in group)![service]!.machine) + 1}`;
  const dataOf = (service: string): string => join(dir, Object.values(groups).find((group) => service in group)![service]!.machine, 'data', service);

  let linters: Promise<readonly ProgramRun[]>;
  let watch: Awaited<ReturnType<typeof beginToWatch>>;
  beforeAll(async () => {
    watch = await beginToWatch({ marks: [`${network}.`, dir], dir });
    const settings = {
      addresses: Object.fromEntries(Object.keys(machines).map((machine, i) => [machine, `${network}.${i + 1}`])),
      ansible_connection: 'local',
      ansible_python_interpreter: '{{ ansible_playbook_python }}',
      vigia_home: `${dir}/{{ machine }}`,
      vigia_checkout: ROOT.replace(/\/$/, ''),
      compose_program: [process.execPath, compiledCompose(dir)],
      influx_token: TOKEN,
      vigia_customers: String(CUSTOMERS),
      vigia_users_file: join(dir, 'users.json'),
      vigia_users_owner: String(process.getuid!()),
      health_seconds: 90,
    };
    await new Accounts(settings.vigia_users_file).save(accounts);
    writeFileSync(join(dir, 'here.json'), JSON.stringify({ all: { vars: settings } }));
    process.env['VIGIA_SERVERS_CACHE'] = serversCache();
    expect(failuresOf(await play('install.yml', '--skip-tags', 'checkout,images'))).toBe('');
    linters = runLinters(); // while servers are waited for
  }, 120_000);
  afterAll(() => watch?.sweep(), 60_000);

  const play = (playbook: string, ...args: readonly string[]): Promise<ProgramRun> =>
    runAnsible(dir, 'ansible-playbook', playbook, '--inventory', join(PLAYS, 'inventory'), '--inventory', join(dir, 'here.json'), '--limit', LEFT_OUT, ...args);

  /** Empty for a run without a failure; otherwise all that it printed. */
  const failuresOf = ({ code, output }: ProgramRun): string => (code === 0 ? '' : output);
  /** The hosts at which a run changed something, in the order in which it did. */
  const changedBy = ({ output }: ProgramRun): string[] => [...output.matchAll(/^changed: \[([^\]]+)\]/gm)].map(([, host]) => host!);
  /** The sum that the run's recap tells. */
  const changesOf = ({ output }: ProgramRun): number => [...output.matchAll(/changed=(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);

  /** The processes that this suite's plays have started, by the addresses in their arguments and variables. */
  const running = (): number[] => processesWith(`${network}.`);

  const runLinters = (): Promise<readonly ProgramRun[]> =>
    Promise.all([
      runAnsible(dir, 'ansible-playbook', '--syntax-check', ...PLAYBOOKS),
      runAnsible(dir, 'yamllint', '--strict', '.'),
      runAnsible(dir, 'ansible-lint', '--offline', '--strict', '--profile', 'production'),
    ]);

  const post = (sensor: number, topic = 'ENTRY'): Promise<Response> =>
    fetch(`http://${addressOf('load-balancer')}:8080/topics/${topic}/messages`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: `{"${sensor}", "true", "false", "20.0", "30.0"}` });
  const getJson = async (service: string, port: number, path: string): Promise<unknown> => (await fetch(`http://${addressOf(service)}:${port}${path}`)).json();
  /** Alarms' e-mails: Alertmanager sends its own there, of what is left out here. */
  const mails = async (): Promise<number> => ((await getJson('mailpit', 8025, '/api/v1/search?limit=1&query=from:alarms@vigia.local')) as { messages_count: number }).messages_count;
  /** How many events of a type the store holds, read from its file. */
  const stored = (type: string): number => {
    const lines = readFileSync(join(dataOf('eventstoredb'), 'events.jsonl'), 'utf8').trimEnd().split('\n');
    return lines.flatMap((line) => JSON.parse(line) as { type: string }[]).filter((event) => event.type === type).length;
  };

  it('write files that with compose.yaml are allowed by compose’s schema and by the library of `docker compose config`, not by that program itself', async () => {
    const ours = join(ROOT, 'docker/compose.yaml');
    const written = Object.keys(machines).map((machine) => join(dir, machine, 'machine.compose.yaml'));
    const bySchema = (...files: readonly string[]): Promise<ProgramRun> => runAnsible(dir, 'check-jsonschema', '--builtin-schema', 'vendor.compose-spec', ...files);
    // The schema does not know compose's tags, which say how files are merged.
    const untagged = written.map((file) => file.replace('.compose.', '.untagged.'));
    written.forEach((file, i) => writeFileSync(untagged[i]!, readFileSync(file, 'utf8').replace(/ !(reset|override)\b/g, '')));
    expect(failuresOf(await bySchema(ours, ...untagged))).toBe('');
    expect([problemOf(ours), ...written.map((file) => problemOf(ours, file))]).toEqual(['', ...written.map(() => '')]);

    const wrong = join(dir, 'wrong.compose.yaml');
    writeFileSync(wrong, readFileSync(ours, 'utf8').replace('stop_signal:', 'stop_sgnal:'));
    expect((await bySchema(wrong)).output).toContain('stop_sgnal');
    expect(problemOf(wrong)).toContain('stop_sgnal');
  }, 60_000);

  it('tell with --check what would be started, and start nothing', async () => {
    const run = await play('start.yml', '--check', '--limit', 'kafka_controllers');
    expect([failuresOf(run), changedBy(run).sort(), running()]).toEqual(['', ['controller-1', 'controller-2', 'controller-3'], []]);
  });

  it('start everything in order, each when those before it are well', async () => {
    const run = await play('start.yml');
    expect(failuresOf(run)).toBe('');
    const tiers = changedBy(run).map((host) => Object.entries(groups).find(([, group]) => host in group)![0]);
    const order = ['kafka_controllers', 'kafka_brokers', 'cassandra', 'stores', 'watchers', 'vigia_core', 'vigia_process', 'vigia_ingest', 'load_balancers'];
    expect(tiers.map((tier) => (tier === 'node_exporters' ? 'watchers' : tier)).filter((tier, i, all) => tier !== all[i - 1])).toEqual(order);
    expect(changedBy(run).filter((host) => /^(kafka|cassandra)-/.test(host))).toEqual(['kafka-1', 'kafka-2', 'cassandra-1', 'cassandra-2']);
  }, 240_000);

  it('change nothing the second time', async () => {
    const before = running().sort();
    const run = await play('start.yml');
    expect([failuresOf(run), changedBy(run), changesOf(run)]).toEqual(['', [], 0]);
    expect(running().sort()).toEqual(before);
  }, 120_000);

  it('have started servers that do their work', async () => {
    for (const sensor of [1, 2, 3]) expect((await post(sensor)).status).toBe(200);
    await waitFor('the e-mails', async () => (await mails()) === 3);
    const consumed = execFileSync(kcatProgram(), ['-b', `${addressOf('kafka-1')}:9092,${addressOf('kafka-2')}:9092`, '-C', '-t', 'ENTRY', '-e', '-q'], { encoding: 'utf8' });
    expect(consumed.trimEnd().split('\n').length).toBe(3);
    const alarms = (headers: Record<string, string>): Promise<Response> => fetch(`http://${addressOf('core')}:3000/api/alarms?limit=10`, { headers });
    expect((await alarms({})).status).toBe(401);
    const { items } = (await (await alarms({ authorization: `Bearer ${tokens.auditor}` })).json()) as { items: { sensorId: string }[] };
    expect(items.map(({ sensorId }) => sensorId).sort()).toEqual(['1', '2', '3']);
    expect(stored('AlarmTriggered')).toBe(3);

    const ring = new Client({ contactPoints: ['cassandra-1', 'cassandra-2'].map(addressOf), localDataCenter: 'datacenter1' });
    const { rows } = await ring.execute('SELECT count(*) FROM world.datosclientes').finally(() => ring.shutdown());
    expect(Number(rows[0]!['count'])).toBe(CUSTOMERS);

    const query = 'from(bucket: "vigia") |> range(start: -1h) |> filter(fn: (r) => r._measurement == "sensor_state" and r._field == "active" and r._value == 1) |> group() |> distinct(column: "sensor") |> count()';
    const influx = (): Promise<Response> => fetch(`http://${addressOf('influxdb')}:8086/api/v2/query?org=vigia`, { method: 'POST', headers: { authorization: `Token ${TOKEN}`, 'content-type': 'application/vnd.flux', accept: 'application/csv' }, body: query });
    await waitFor('three active sensors in InfluxDB', async () => /,3\r?$/m.test(await (await influx()).text()), 15_000);

    const balancer = await (await fetch(`http://${addressOf('load-balancer')}:8404/metrics`)).text();
    for (const endpoint of ['endpoint-1', 'endpoint-2']) expect(balancer).toContain(`haproxy_server_status{proxy="endpoints",server="${endpoint}",state="UP"} 1`);
    // What it is left without here is Grafana, cAdvisor, a node of Cassandra, and node-exporter on the other machines.
    const up = async (): Promise<string> => {
      const { data } = (await getJson('prometheus', 9090, `/api/v1/query?query=${encodeURIComponent('sum by (job) (up)')}`)) as { data: { result: { metric: { job: string }; value: [number, string] }[] } };
      return data.result.map(({ metric, value }) => `${metric.job} ${value[1]}`).sort().join();
    };
    const wanted = ['alertmanager 1', 'cadvisor 0', 'cassandra 2', 'eventstoredb 1', 'grafana 0', 'haproxy 1', 'influxdb 1', 'kafka 5', 'node 1', 'prometheus 1', 'vigia 5'].join();
    await waitFor(`targets up: ${wanted}`, async () => (await up()) === wanted, 40_000);
  }, 120_000);

  it('tell what is well', async () => {
    const run = await play('status.yml', '--limit', 'kafka-1,process-1,cassandra-3,machines');
    expect(run.code).not.toBe(0);
    for (const line of [`kafka-1 on machine-4 (${addressOf('kafka-1')}) is well`, `process-1 on machine-10 (${addressOf('process-1')}) is well`, `cassandra-3 on machine-8 (${addressOf('cassandra-3')}) does not run`]) expect(run.output).toContain(line);
  }, 60_000);

  it('stop everything in the reverse order, with nothing left under way', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => post(100 + i)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const run = await play('stop.yml', '-v');
    expect([failuresOf(run), running()]).toEqual(['', []]);
    expect(run.output).not.toContain('killed after its grace period');
    const order = changedBy(run);
    const at = (host: string): number => order.indexOf(host);
    const wanted = ['load-balancer', 'ingest-2', 'process-2', 'core', 'prometheus', 'influxdb', 'cassandra-2', 'cassandra-1', 'kafka-2', 'kafka-1', 'controller-2'];
    expect(wanted.map(at)).toEqual(wanted.map(at).sort((one, two) => one - two));
    expect(wanted.filter((host) => at(host) < 0)).toEqual([]);
    expect({ alarms: stored('AlarmTriggered'), mails: stored('NotificationSent') }).toEqual({ alarms: 103, mails: 103 });
  }, 240_000);

  it('change nothing when everything is stopped', async () => {
    const run = await play('stop.yml');
    expect([failuresOf(run), changedBy(run), changesOf(run)]).toEqual(['', [], 0]);
  }, 120_000);

  it('start nothing after a server that does not become well, and say which and why', async () => {
    writeFileSync(join(dataOf('mailpit'), 'mailpit.db'), 'what is no database');
    const run = await play('start.yml', '--limit', 'mailpit,influxdb,alertmanager,load-balancer', '--extra-vars', 'health_seconds=3');
    expect(run.code).not.toBe(0);
    expect(run.output).toContain(`mailpit on machine-13 (${addressOf('mailpit')}) was started and is not well: no good answer within 3 s`);
    expect(run.output).toMatch(/Its last output:.*file is not a database/s);
    expect(changedBy(run).sort()).toEqual(['influxdb', 'mailpit']);
  }, 60_000);

  it('wait no longer than health_seconds and drain_seconds for a process that takes connections and gives no answer', async () => {
    const LIMIT_SECONDS = 25; // on a busy machine too there is time for a second question
    const playAtSilent = async (playbook: string, service: string, limit: string): Promise<ProgramRun> => {
      const asked: { readonly fromMs: number; toMs: number }[] = [];
      const silent = createServer((socket) => {
        const each = { fromMs: Date.now(), toMs: Infinity };
        asked.push(each);
        socket.on('error', () => undefined).on('close', () => (each.toMs = Date.now())).resume();
      }).listen(3000, addressOf(service));
      await once(silent, 'listening');
      // Its engine says that it runs.
      const settings = { compose_program: ['sh', '-c', `echo '"State":"running"'; echo Started >&2`], [limit]: LIMIT_SECONDS };
      const run = await play(playbook, '--limit', service, '--extra-vars', JSON.stringify(settings)).finally(() => silent.close());
      expect(asked.length).toBeGreaterThan(1);
      expect(asked.at(-1)!.toMs - asked[0]!.fromMs).toBeLessThan(1_000 * LIMIT_SECONDS);
      return run;
    };
    const [started, stopped] = await Promise.all([playAtSilent('start.yml', 'core', 'health_seconds'), playAtSilent('stop.yml', 'process-1', 'drain_seconds')]);
    expect(started.output).toContain(`is not well: no good answer within ${LIMIT_SECONDS} s`);
    expect([failuresOf(stopped), changedBy(stopped)]).toEqual(['', ['process-1']]);
  }, 120_000);

  it('pass Ansible’s own check of syntax and both linters', async () => {
    expect((await linters).map(failuresOf)).toEqual(['', '', '']);
  });
});
