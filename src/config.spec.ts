import { readFileSync } from 'node:fs';
import { VARIABLE_NAMES } from './config-variables.js';
import { BadConfig, readConfig } from './config.js';
import { readsEvents } from './roles.js';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof BadConfig) return error.problems;
    throw error;
  }
  return [];
}

/** Everything that several processes share. */
const SERVERS = { KAFKA_BROKERS: '127.0.0.1:9092', EVENTSTORE_URL: 'esdb://127.0.0.1', CASSANDRA_CONTACT_POINTS: '127.0.0.2', INFLUX_URL: 'http://127.0.0.1:8086', INFLUX_ORG: 'o', INFLUX_TOKEN: 't' };

describe('readConfig', () => {
  it('has the documented defaults and is frozen', () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      dataDir: './data',
      bindAddress: '127.0.0.1',
      ingestPort: 19_092,
      consolePort: 3000,
      maxConnections: 12_000,
      simulate: true,
      generateCustomers: 50_000,
      mailSendLimitMs: 30_000,
      policy: { n: 3, windowMs: null, clearOnNormal: false },
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('takes the strike policy from the environment', () => {
    const environment = { VIGIA_STRIKES: '5', VIGIA_STRIKE_WINDOW_SECONDS: '90', VIGIA_CLEAR_ON_NORMAL: '1' };
    expect(readConfig(environment).policy).toEqual({ n: 5, windowMs: 90_000, clearOnNormal: true });
  });

  it.each([
    [{ VIGIA_INGEST_PROT: '1' }, 'VIGIA_INGEST_PROT is not a known variable'],
    [{ VIGIA_INGEST_PORT: '70000' }, 'VIGIA_INGEST_PORT="70000"'],
    [{ VIGIA_CONSOLE_PORT: 'web' }, 'VIGIA_CONSOLE_PORT="web"'],
    [{ VIGIA_SIMULATE: 'maybe' }, 'VIGIA_SIMULATE="maybe"'],
    [{ VIGIA_MONITORING_MAILBOX: 'nobody' }, 'VIGIA_MONITORING_MAILBOX="nobody"'],
    [{ VIGIA_MAIL_SEND_SECONDS: '4' }, 'VIGIA_MAIL_SEND_SECONDS="4"'],
    [{ VIGIA_STRIKES: '0' }, 'VIGIA_STRIKES="0"'],
    [{ VIGIA_BIND: 'everywhere' }, 'VIGIA_BIND="everywhere"'],
    [{ SMTP_URL: 'http://mail' }, 'SMTP_URL="http://mail"'],
    [{ SMTP_URL: 'http://user:secret@mail' }, 'SMTP_URL="***@mail"'],
    [{ EVENTSTORE_URL: 'http://user:secret@store' }, 'EVENTSTORE_URL="***@store": expected esdb://'],
    [{ CASSANDRA_CONTACT_POINTS: 'one:two' }, 'CASSANDRA_CONTACT_POINTS="one:two": expected host or host:port'],
    [{ CASSANDRA_CONTACT_POINTS: 'one:9042,two:9043' }, 'CASSANDRA_CONTACT_POINTS: all nodes of a ring listen on one port; got 9042, 9043'],
    [{ CASSANDRA_CONTACT_POINTS: 'one', CASSANDRA_USERNAME: 'u' }, 'CASSANDRA_USERNAME, CASSANDRA_PASSWORD: one is set'],
    [{ CASSANDRA_REPLICATION_FACTOR: '0' }, 'CASSANDRA_REPLICATION_FACTOR="0"'],
    [{ INFLUX_URL: 'http://127.0.0.1:8086', INFLUX_ORG: 'o' }, 'INFLUX_TOKEN: not set, but INFLUX_URL is'],
    [{ INFLUX_URL: 'http://user:secret@influx', INFLUX_ORG: 'o', INFLUX_TOKEN: 't' }, 'INFLUX_URL="***@influx": takes no credentials'],
    [{ INFLUX_URL: 'influx:8086', INFLUX_ORG: 'o', INFLUX_TOKEN: 't' }, 'INFLUX_URL="influx:8086"'],
    [{ INFLUX_RETENTION_DAYS: '1' }, 'INFLUX_RETENTION_DAYS="1"'],
    [{ KAFKA_BROKERS: 'kafka' }, 'KAFKA_BROKERS="kafka": expected host:port'],
    [{ KAFKA_BROKERS: '127.0.0.1:9092', KAFKA_SASL_USERNAME: 'u' }, 'KAFKA_SASL_MECHANISM, KAFKA_SASL_PASSWORD: not set'],
    [{ VIGIA_ROLES: 'ingest' }, 'only with KAFKA_BROKERS'],
    [{ VIGIA_ROLES: 'everything' }, 'VIGIA_ROLES="everything"'],
    [{ KAFKA_BROKERS: '127.0.0.1:9092', VIGIA_ROLES: 'ingest,process' }, 'only with EVENTSTORE_URL'],
    [{ KAFKA_BROKERS: '127.0.0.1:9092', VIGIA_ROLES: 'project,notify,console' }, 'only with EVENTSTORE_URL'],
    [{ KAFKA_BROKERS: '127.0.0.1:9092', EVENTSTORE_URL: 'esdb://127.0.0.1', VIGIA_ROLES: 'process,notify' }, 'not in the data folder, which is of one process; not set: CASSANDRA_CONTACT_POINTS, INFLUX_URL; got process, notify'],
    [{ ...SERVERS, INFLUX_URL: '', VIGIA_ROLES: 'project' }, 'not set: INFLUX_URL; got project'],
    [{ ...SERVERS, CASSANDRA_CONTACT_POINTS: '', VIGIA_ROLES: 'ingest,console' }, 'not set: CASSANDRA_CONTACT_POINTS; got ingest, console'],
    [{ EVENTSTORE_URL: 'esdb://127.0.0.1', VIGIA_ROLES: 'process' }, 'only with KAFKA_BROKERS'],
  ])('names what is wrong in %j', (environment, expected) => {
    expect(problemsOf(environment as Record<string, string>)).toEqual([expect.stringContaining(expected)]);
  });

  it('names every problem at once', () => {
    expect(problemsOf({ VIGIA_STRIKES: 'x', VIGIA_NOPE: '1' })).toHaveLength(2);
  });

  it('neither simulates nor invents customers beside a real system or when told not to', () => {
    expect(readConfig({ SMTP_URL: 'smtp://127.0.0.1:1025' })).toMatchObject({ simulate: false, generateCustomers: 0 });
    expect(readConfig({ EVENTSTORE_URL: 'esdb://127.0.0.1:2113', VIGIA_SIMULATE: '1' })).toMatchObject({ simulate: false, generateCustomers: 0 });
    expect(readConfig({ VIGIA_SIMULATE: '0' })).toMatchObject({ simulate: false, generateCustomers: 0 });
    expect(readConfig({ VIGIA_SIMULATE: '0', VIGIA_CUSTOMERS: '7' })).toMatchObject({ simulate: false, generateCustomers: 7 });
  });

  it('reads brokers and roles from lists', () => {
    const config = readConfig({ KAFKA_BROKERS: 'kafka-1:9092, [::1]:9093', VIGIA_ROLES: 'ingest', KAFKA_TLS: '1' });
    expect(config.kafka).toEqual({ brokers: ['kafka-1:9092', '[::1]:9093'], tls: true, sasl: null, replicationFactor: 2 });
    expect([...config.roles]).toEqual(['ingest']);
    expect(config.simulate).toBe(false);
  });

  it('reads Cassandra’s contact points from a list, with its own port when none is said', () => {
    const environment = { CASSANDRA_CONTACT_POINTS: 'one, two:9042,[::1]', CASSANDRA_USERNAME: 'u', CASSANDRA_PASSWORD: 'p', CASSANDRA_TLS: '1' };
    const config = readConfig(environment);
    expect(config.cassandra).toEqual({
      contactPoints: ['one:9042', 'two:9042', '[::1]:9042'], port: 9042, dataCenter: 'datacenter1', replicationFactor: 2, credentials: { username: 'u', password: 'p' }, tls: true,
    });
    expect(config).toMatchObject({ simulate: false, generateCustomers: 0 });
    expect(readConfig({}).cassandra).toBeNull();
  });

  it('reads where InfluxDB is, and neither simulates nor invents customers beside it', () => {
    const environment = { INFLUX_URL: 'http://127.0.0.1:8086', INFLUX_ORG: 'home', INFLUX_TOKEN: 'secret', INFLUX_RETENTION_DAYS: '30' };
    const config = readConfig(environment);
    expect(config.influx).toEqual({ url: 'http://127.0.0.1:8086', org: 'home', bucket: 'vigia', token: 'secret', retentionMs: 2_592_000_000 });
    expect(config).toMatchObject({ simulate: false, generateCustomers: 0 });
    expect(readConfig({}).influx).toBeNull();
  });

  it.each(['process', 'ingest,process', 'project,notify,console', 'ingest,project,notify,console'])('takes %s on Kafka and EventStoreDB', (roles) => {
    const config = readConfig({ KAFKA_BROKERS: '127.0.0.1:9092', EVENTSTORE_URL: 'esdb://127.0.0.1', VIGIA_ROLES: roles });
    expect([...config.roles].join()).toBe(roles);
    expect(readsEvents(config)).toBe(roles.includes('console'));
  });

  it.each(['project', 'notify', 'console', 'process,project', 'ingest,console', 'project,notify'])('takes %s where all that is shared is in servers', (roles) => {
    const config = readConfig({ ...SERVERS, VIGIA_ROLES: roles });
    expect([...config.roles].join()).toBe(roles);
    expect(readsEvents(config)).toBe(true);
  });

  it('takes an empty value as not set, and lets the servers’ cache variable pass', () => {
    expect(readConfig({ VIGIA_CONSOLE_PORT: '', VIGIA_SERVERS_CACHE: '/somewhere' }).consolePort).toBe(3000);
  });

  it('has every variable in the README’s table', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    for (const name of VARIABLE_NAMES) expect(readme).toContain(`\`${name}\``);
  });
});
