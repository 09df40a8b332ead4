/** Ports of `npm run stack`, by purpose; those that people use are as in docker/compose.yaml. */
export const STACK_PORTS = {
  console: 3000,
  haproxy: 8080,
  'haproxy-metrics': 8404,
  mailpit: 8025,
  'mailpit-smtp': 1025,
  prometheus: 9090,
  'node-exporter': 9100,
  eventstoredb: 2113,
  influxdb: 8086,
  'kafka-1': 9092,
  'kafka-2': 9093,
  'kafka-controller': 9094,
  'kafka-1-metrics': 9404,
  'kafka-2-metrics': 9405,
  'kafka-controller-metrics': 9406,
  cassandra: 9042,
  'cassandra-storage': 7000,
  'cassandra-metrics': 9407,
  'ingest-1': 19_092,
  'ingest-2': 19_093,
  'ingest-1-status': 3011,
  'ingest-2-status': 3012,
  'process-1-status': 3013,
  'process-2-status': 3014,
  'project-status': 3015,
  'notify-status': 3016,
} as const;

type Purpose = keyof typeof STACK_PORTS;

/** A process of Vigía in the stack. */
export interface Member {
  readonly roles: string;
  /** Of its console, or of its health and metrics alone. */
  readonly port: Purpose;
  /** Where it takes readings. */
  readonly ingestPort?: Purpose;
  /** Whether it starts when the customers are there, whom the one without this word sets up. */
  readonly needsCustomers?: true;
}

export const MEMBERS = {
  console: { roles: 'console', port: 'console' },
  project: { roles: 'project', port: 'project-status', needsCustomers: true },
  notify: { roles: 'notify', port: 'notify-status', needsCustomers: true },
  'process-1': { roles: 'process', port: 'process-1-status' },
  'process-2': { roles: 'process', port: 'process-2-status' },
  'ingest-1': { roles: 'ingest', port: 'ingest-1-status', ingestPort: 'ingest-1' },
  'ingest-2': { roles: 'ingest', port: 'ingest-2-status', ingestPort: 'ingest-2' },
} as const satisfies Record<string, Member>;

export type MemberName = keyof typeof MEMBERS;

/** It sets up the customers, and its console and API are shown. */
export const SHOWN: MemberName = 'console';
