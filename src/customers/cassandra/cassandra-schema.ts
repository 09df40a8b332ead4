import type { Client, Host, types } from 'cassandra-driver';
import type { CassandraConfig } from '../../config.js';
import { STORED_COLUMNS } from '../customer.js';
import { nodesOf } from './cassandra-client.js';
import { CassandraRefused } from './cassandra-errors.js';

/** As in the source, in all lower case: its queries find the same keyspace, table and columns. */
export const KEYSPACE = 'world';
export const CUSTOMERS = `${KEYSPACE}.datosclientes`;

/** What operators wrote about sensors, by sensor and event. */
export const NOTES = `${KEYSPACE}.alarm_notes`;

/** One row: who changed customers last, by process, and how far set-up and import are. */
export const STATE = `${KEYSPACE}.datosclientes_state`;

interface Table {
  readonly name: string;
  /** The partition's column, then those that order its rows. */
  readonly key: readonly string[];
  /** Column → its type, the key's too. */
  readonly columns: ReadonlyMap<string, string>;
}

const TYPES: Readonly<Record<string, string>> = { id: 'int', latitude: 'double', longitude: 'double' };

const TABLES: readonly Table[] = [
  { name: 'datosclientes', key: ['id'], columns: new Map(STORED_COLUMNS.map((column) => [column, TYPES[column] ?? 'text'])) },
  { name: 'datosclientes_state', key: ['only_row'], columns: new Map([['only_row', 'int'], ['changes', 'map<uuid, text>'], ['set_up', 'text'], ['import_mark', 'text']]) },
  { name: 'alarm_notes', key: ['sensor_id', 'event_id'], columns: new Map([['sensor_id', 'int'], ['event_id', 'uuid'], ['note', 'text']]) },
];

/** All nodes must agree on a changed schema. */
const SCHEMA_MS = 30_000;

/**
 * Creates keyspace and tables where they are missing, and adds columns that are missing from a table that is there, such as the
 * source's. Gives the id of the customers' table, another one whenever it is created anew.
 *
 * Thrown: `CassandraRefused` when what is there can't be used; the driver's errors.
 */
export async function prepareSchema(client: Client, config: CassandraConfig): Promise<string> {
  const schema = new Schema(client, config);
  await schema.ensureKeyspace();
  for (const table of TABLES) await schema.ensureTable(table);
  return schema.tableId('datosclientes');
}

class Schema {
  /** Everything by one node, the same for every process: two that create the same at a time are one after the other there. */
  private readonly host: Host | undefined;

  constructor(
    private readonly client: Client,
    private readonly config: CassandraConfig,
  ) {
    this.host = nodesOf(client, config.dataCenter).find((host) => host.isUp());
  }

  async ensureKeyspace(): Promise<void> {
    const { dataCenter, replicationFactor } = this.config;
    const [found] = await this.ask('SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?', [KEYSPACE]);
    if (found !== undefined) {
      const replicas = replicasIn(found['replication'] as Readonly<Record<string, string>>, dataCenter);
      if (replicas === replicationFactor) return;
      throw this.refused(
        `keyspace ${KEYSPACE} has ${replicas} replicas of each row in ${dataCenter}, CASSANDRA_REPLICATION_FACTOR is ${replicationFactor}; set it to ${replicas}, or ALTER KEYSPACE and repair`,
      );
    }
    const nodes = nodesOf(this.client, dataCenter).length;
    if (nodes < replicationFactor) {
      throw this.refused(`${dataCenter} has ${nodes} ${nodes === 1 ? 'node' : 'nodes'}, fewer than CASSANDRA_REPLICATION_FACTOR, which is ${replicationFactor}`);
    }
    const replication = `{'class': 'NetworkTopologyStrategy', '${dataCenter.replaceAll("'", "''")}': ${replicationFactor}}`;
    await this.ask(`CREATE KEYSPACE IF NOT EXISTS ${KEYSPACE} WITH replication = ${replication}`);
  }

  async ensureTable({ name, key, columns }: Table): Promise<void> {
    const found = await this.ask('SELECT column_name, type, kind FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?', [KEYSPACE, name]);
    if (found.length === 0) {
      const definitions = [...columns].map(([column, type]) => `${column} ${type}`);
      await this.ask(`CREATE TABLE IF NOT EXISTS ${KEYSPACE}.${name} (${definitions.join(', ')}, PRIMARY KEY (${key.join(', ')}))`);
      return;
    }
    const typeOf = new Map(found.map((row) => [String(row['column_name']), String(row['type'])]));
    const keys = found.filter((row) => row['kind'] !== 'regular' && row['kind'] !== 'static').map((row) => String(row['column_name']));
    const wrong = [...columns].filter(([column, type]) => typeOf.has(column) && typeOf.get(column) !== type);
    if (keys.sort().join() !== key.toSorted().join()) throw this.refused(`table ${KEYSPACE}.${name} has the primary key (${keys.join(', ')}), expected (${key.join(', ')})`);
    if (wrong.length > 0) {
      throw this.refused(`table ${KEYSPACE}.${name} has ${wrong.map(([column, type]) => `${column} ${typeOf.get(column)}, expected ${type}`).join('; ')}`);
    }
    for (const [column, type] of columns) if (!typeOf.has(column)) await this.ask(`ALTER TABLE ${KEYSPACE}.${name} ADD ${column} ${type}`);
  }

  async tableId(name: string): Promise<string> {
    const [row] = await this.ask('SELECT id FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?', [KEYSPACE, name]);
    return String(row?.['id']);
  }

  private async ask(query: string, params: readonly string[] = []): Promise<readonly types.Row[]> {
    const options = { prepare: params.length > 0, readTimeout: SCHEMA_MS, ...(this.host ? { host: this.host } : {}) };
    return (await this.client.execute(query, [...params], options)).rows;
  }

  private refused(reason: string): CassandraRefused {
    return new CassandraRefused(this.config.contactPoints, reason);
  }
}

/** `{"class": "…NetworkTopologyStrategy", "datacenter1": "2"}` → 2; SimpleStrategy counts over all data centres. */
function replicasIn(replication: Readonly<Record<string, string>>, dataCenter: string): number {
  return Number.parseInt(replication[dataCenter] ?? replication['replication_factor'] ?? '0', 10);
}
