import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { auth, Client, ExecutionProfile, policies, types, type Host } from 'cassandra-driver';
import type { CassandraConfig } from '../../config.js';
import './one-refresh.js';

/** A read that no replica has answered by then is asked of a second node as well, and of a third one later. */
const SPECULATE_AFTER_MS = 100;
const SPECULATIONS = 2;

/** So long one node has for one answer; a page of a scan and a write of all replicas take the longest. */
const ANSWER_MS = 10_000;
const CONNECT_MS = 2_000;

/** A node that hangs is noticed by this, without a question of ours. */
const HEARTBEAT_MS = 5_000;

/** A node that is back is used again after this long at most. */
const LONGEST_RECONNECT_MS = 5_000;

/** What each profile asks of the replicas. `write`: all of them have it, so that one of them is enough for a read (ADR 13). */
export const PROFILE = { readOne: 'read-one', readQuorum: 'read-quorum', readAll: 'read-all', write: 'write' } as const;

/** Asks more than one node only for reads of a row: twice a scan or a write would double the load of a ring that is slow already. */
class SpeculativeReads extends policies.speculativeExecution.ConstantSpeculativeExecutionPolicy {
  constructor(private readonly queries: ReadonlySet<unknown>) {
    super(SPECULATE_AFTER_MS, SPECULATIONS);
  }

  override newPlan(keyspace: string, queryInfo: string | object[]): ReturnType<policies.speculativeExecution.SpeculativeExecutionPolicy['newPlan']> {
    return this.queries.has(queryInfo) ? super.newPlan(keyspace, queryInfo) : { nextExecution: () => -1 };
  }
}

/** A write that not all replicas confirmed in time is sent again: ours are the same twice as once. */
class RepeatedWrites extends policies.retry.RetryPolicy {
  override onWriteTimeout(info: policies.retry.OperationInfo, consistency: types.consistencies): policies.retry.DecisionInfo {
    return info.nbRetry < 2 ? this.retryResult(consistency) : this.rethrowResult();
  }
}

/** The driver's client, not connected yet. `speculated` are the queries that may be asked of several nodes at a time. */
export function cassandraClient(config: CassandraConfig, speculated: ReadonlySet<string>): Client {
  const { consistencies } = types;
  const { credentials } = config;
  return new Client({
    contactPoints: [...config.contactPoints],
    localDataCenter: config.dataCenter,
    protocolOptions: { port: config.port },
    ...(credentials ? { authProvider: new auth.PlainTextAuthProvider(credentials.username, credentials.password) } : {}),
    // The driver's own default takes any certificate.
    ...(config.tls ? { sslOptions: { rejectUnauthorized: true, checkServerIdentity: identityCheck(config.contactPoints) } } : {}),
    policies: {
      speculativeExecution: new SpeculativeReads(speculated),
      retry: new RepeatedWrites(),
      reconnection: new policies.reconnection.ExponentialReconnectionPolicy(500, LONGEST_RECONNECT_MS),
    },
    profiles: [
      new ExecutionProfile(PROFILE.readOne, { consistency: consistencies.localOne }),
      new ExecutionProfile(PROFILE.readQuorum, { consistency: consistencies.quorum }),
      new ExecutionProfile(PROFILE.readAll, { consistency: consistencies.all }),
      new ExecutionProfile(PROFILE.write, { consistency: consistencies.all }),
    ],
    queryOptions: { prepare: true, isIdempotent: true },
    socketOptions: { connectTimeout: CONNECT_MS, readTimeout: ANSWER_MS },
    pooling: { heartBeatInterval: HEARTBEAT_MS },
    monitorReporting: { enabled: false },
  });
}

/** The driver connects to addresses: a certificate is taken that is good for the node's, or for the name of a contact point. */
function identityCheck(contactPoints: readonly string[]): (host: string, certificate: PeerCertificate) => Error | undefined {
  const names = contactPoints.map((contactPoint) => contactPoint.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'));
  return (host, certificate) => {
    const problem = checkServerIdentity(host, certificate);
    return problem === undefined || names.some((name) => checkServerIdentity(name, certificate) === undefined) ? undefined : problem;
  };
}

/** The nodes of our data centre, in the order of their addresses. */
export function nodesOf(client: Client, dataCenter: string): readonly Host[] {
  return client.hosts
    .values()
    .filter((host) => host.datacenter === dataCenter)
    .sort((a, b) => a.address.localeCompare(b.address));
}
