import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import clusterPb from '@eventstore/db-client/generated/gossip_pb.js';
import featuresPb from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { Empty } from '@eventstore/db-client/generated/shared_pb.js';
import { toUuid } from './messages.js';

/** The version that the double says it is: the last of the 23.10 line, whose subscriptions say when they have caught up. */
export const SERVER_VERSION = '23.10.7';

const FOLLOWER = 6;
const LEADER = 8;

const METHODS: Record<string, readonly string[]> = {
  'event_store.client.streams.Streams': ['read', 'append', 'delete', 'tombstone', 'batchappend'],
  'event_store.client.persistent_subscriptions.PersistentSubscriptions': ['create', 'delete', 'read', 'getinfo'],
  'event_store.client.gossip.Gossip': ['read'],
};

/** ServerFeatures: the client asks once which methods there are, and appends in batches when it may. */
export function supportedMethods(isBatchAppendKnown: boolean): SupportedMethods {
  const methods = Object.entries(METHODS).flatMap(([service, names]) =>
    names
      .filter((name) => isBatchAppendKnown || name !== 'batchappend')
      .map((name) => new featuresPb.SupportedMethod().setServiceName(service).setMethodName(name).setFeaturesList(service.includes('Persistent') ? ['stream', 'all'] : [])),
  );
  return new featuresPb.SupportedMethods().setEventStoreServerVersion(SERVER_VERSION).setMethodsList(methods);
}

export interface Member {
  readonly instanceId: string;
  readonly host: string;
  readonly port: number;
  readonly isAlive: boolean;
  readonly leads: boolean;
}

export function gossip(members: () => readonly Member[]) {
  return (_call: ServerUnaryCall<Empty, ClusterInfo>, reply: sendUnaryData<ClusterInfo>) => {
    const infos = members().map(({ instanceId, host, port, isAlive, leads }) =>
      new clusterPb.MemberInfo()
        .setInstanceId(toUuid(instanceId))
        .setTimeStamp(String(Date.now() * 10_000))
        .setState(leads ? LEADER : FOLLOWER)
        .setIsAlive(isAlive)
        .setHttpEndPoint(new clusterPb.EndPoint().setAddress(host).setPort(port)),
    );
    reply(null, new clusterPb.ClusterInfo().setMembersList(infos));
  };
}
