import { dashboard, labelValues } from './dashboards.js';
import { figures, lines } from './panels.js';
import { series, values } from './queries.js';

const OF_NODE = 'job="cassandra", instance=~"$node"';

/** What the JMX exporter tells by docker/jmx/cassandra.yml, and what Vigía sees of the ring. */
export const cassandraDashboard = dashboard({
  uid: 'vigia-cassandra',
  title: 'Cassandra',
  description: 'The ring that holds the customers, by JMX, and as Vigía sees it.',
  from: 'now-1h',
  tags: ['systems'],
  variables: [labelValues('node', 'Node', 'label_values(cassandra_compaction_pendingtasks, instance)')],
  sections: [
    {
      title: 'As Vigía sees it',
      panels: [
        figures({ title: 'Nodes', description: 'By whether the driver can use them.', width: 6, height: 8 }, [values('max by (state) (vigia_cassandra_nodes)', '{{state}}')]),
        lines({ title: 'Customers looked up', description: 'By what answered.', unit: 'reqps', width: 9 }, [series('sum by (by) (rate(vigia_customer_reads_total[$__rate_interval]))', '{{by}}')]),
        lines({ title: 'Time of a look-up', description: '99th percentile, without what the cache answered.', unit: 's', width: 9 }, [series('histogram_quantile(0.99, sum by (le) (rate(vigia_customer_read_seconds_bucket[$__rate_interval])))', '99 %')]),
      ],
    },
    {
      title: 'Requests',
      panels: [
        lines({ title: 'Requests', description: 'A second, at the node that coordinates them.', unit: 'reqps' }, [series(`sum by (request) (rate(cassandra_clientrequest_total{${OF_NODE}}[$__rate_interval]))`, '{{request}}')]),
        lines({ title: 'Time of a request', description: '99th percentile.', unit: 'µs' }, [series(`cassandra_clientrequest_latency_microseconds{${OF_NODE}, stat="99thPercentile"}`, '{{request}} {{instance}}')]),
        lines({ title: 'Requests that failed', description: 'In five minutes: too few replicas, or none answered in time.', unit: 'short' }, [series(`sum by (request, error) (increase(cassandra_clientrequest_errors_total{${OF_NODE}}[5m]))`, '{{request}} {{error}}')]),
        lines({ title: 'Connected clients', description: 'Connections of drivers.', unit: 'short' }, [series(`cassandra_client_connectednativeclients{${OF_NODE}}`, '{{instance}}')]),
      ],
    },
    {
      title: 'Nodes',
      panels: [
        lines({ title: 'Nodes that a node believes to be down', description: 'More than 0 on any of them is worth a look.', unit: 'short' }, [series(`cassandra_failuredetector_downendpointcount{${OF_NODE}}`, '{{instance}}')]),
        lines({ title: 'Compactions that wait', description: 'A growing number: the disk is too slow.', unit: 'short' }, [series(`cassandra_compaction_pendingtasks{${OF_NODE}}`, '{{instance}}')]),
        lines({ title: 'Data', description: 'Bytes on disk.', unit: 'bytes' }, [series(`cassandra_storage_load_bytes{${OF_NODE}}`, '{{instance}}')]),
        lines({ title: 'Heap', description: 'In use.', unit: 'bytes' }, [series(`jvm_memory_used_bytes{${OF_NODE}, area="heap"}`, '{{instance}}')]),
      ],
    },
  ],
});
