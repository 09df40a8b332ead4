import { dashboard, labelValues } from './dashboards.js';
import { figures, lines } from './panels.js';
import { series, values } from './queries.js';

const OF_BROKER = 'job="kafka", instance=~"$broker"';
const perSecond = (metric: string): string => `sum by (topic) (rate(${metric}{${OF_BROKER}}[$__rate_interval]))`;

/** What the JMX exporter tells by docker/jmx/kafka.yml. */
export const kafkaDashboard = dashboard({
  uid: 'vigia-kafka',
  title: 'Kafka',
  description: 'Brokers, controllers and topics, by JMX.',
  from: 'now-1h',
  tags: ['systems'],
  variables: [labelValues('broker', 'Broker', 'label_values(kafka_server_replicamanager_leadercount, instance)')],
  sections: [
    {
      title: 'Cluster',
      panels: [
        figures({ title: 'Brokers', description: 'That answer.', badBelow: 1 }, [values('count(kafka_server_replicamanager_leadercount)', 'brokers')]),
        figures({ title: 'Active controllers', description: 'One, no more and no less.', badBelow: 1 }, [values('sum(kafka_controller_activecontrollercount)', 'controllers')]),
        figures({ title: 'Partitions without a leader', description: 'Their readings are refused.', badFrom: 1 }, [values('max(kafka_controller_offlinepartitionscount)', 'partitions')]),
        figures({ title: 'Partitions that lack a replica', description: 'One more loss and readings may be refused.', badFrom: 1 }, [values('sum(kafka_server_replicamanager_underreplicatedpartitions)', 'partitions')]),
      ],
    },
    {
      title: 'Topics',
      panels: [
        lines({ title: 'Messages in', description: 'A second, by topic.', unit: 'cps' }, [series(perSecond('kafka_server_brokertopicmetrics_messagesin_total'), '{{topic}}')]),
        lines({ title: 'Bytes in', description: 'A second, by topic.', unit: 'Bps' }, [series(perSecond('kafka_server_brokertopicmetrics_bytesin_total'), '{{topic}}')]),
        lines({ title: 'Bytes out', description: 'A second, by topic, without replication.', unit: 'Bps' }, [series(perSecond('kafka_server_brokertopicmetrics_bytesout_total'), '{{topic}}')]),
        lines({ title: 'Leaders', description: 'Partitions that a broker leads; even is good.', unit: 'short' }, [series(`kafka_server_replicamanager_leadercount{${OF_BROKER}}`, '{{instance}}')]),
      ],
    },
    {
      title: 'Brokers',
      panels: [
        lines({ title: 'Time of a request', description: '99th percentile; a consumer’s fetch waits for records, a produce for all replicas.', unit: 'ms' }, [series(`kafka_network_request_totaltime_ms{${OF_BROKER}, stat="99thPercentile"}`, '{{request}} {{instance}}')]),
        lines({ title: 'CPU', description: 'Of one core.', unit: 'percentunit' }, [series(`rate(process_cpu_seconds_total{${OF_BROKER}}[$__rate_interval])`, '{{instance}}')]),
        lines({ title: 'Heap', description: 'In use.', unit: 'bytes' }, [series(`jvm_memory_used_bytes{${OF_BROKER}, area="heap"}`, '{{instance}}')]),
        lines({ title: 'Garbage collection', description: 'Part of the time.', unit: 'percentunit' }, [series(`sum by (instance) (rate(jvm_gc_collection_seconds_sum{${OF_BROKER}}[$__rate_interval]))`, '{{instance}}')]),
      ],
    },
  ],
});
