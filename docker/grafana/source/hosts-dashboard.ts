import { dashboard, labelValues } from './dashboards.js';
import { lines } from './panels.js';
import { series } from './queries.js';

const OF_HOST = 'job="node", instance=~"$host"';
const perSecond = (metric: string, labels: string, by: string): string => `sum by (${by}) (rate(${metric}{${OF_HOST}${labels}}[$__rate_interval]))`;

/** What node-exporter tells of the machines. */
export const hostsDashboard = dashboard({
  uid: 'vigia-hosts',
  title: 'Hosts',
  description: 'The machines, by node-exporter.',
  from: 'now-1h',
  tags: ['systems'],
  variables: [labelValues('host', 'Host', 'label_values(node_uname_info, instance)')],
  sections: [
    {
      title: 'Hosts',
      panels: [
        lines({ title: 'CPU', description: 'Part of all cores that is not idle.', unit: 'percentunit' }, [series(`1 - avg by (instance) (rate(node_cpu_seconds_total{${OF_HOST}, mode="idle"}[$__rate_interval]))`, '{{instance}}')]),
        lines({ title: 'Load', description: 'Processes that run or want to, of one minute.', unit: 'short' }, [series(`node_load1{${OF_HOST}}`, '{{instance}}')]),
        lines({ title: 'Memory in use', description: 'Part that is not available to a new process.', unit: 'percentunit' }, [series(`1 - node_memory_MemAvailable_bytes{${OF_HOST}} / node_memory_MemTotal_bytes{${OF_HOST}}`, '{{instance}}')]),
        lines({ title: 'Disk that is free', description: 'Below a tenth there is an alert.', unit: 'percentunit' }, [series('instance:node_filesystem_free:ratio{instance=~"$host"}', '{{instance}} {{mountpoint}}')]),
        lines({ title: 'Disk reads', description: 'Bytes a second.', unit: 'Bps' }, [series(perSecond('node_disk_read_bytes_total', '', 'instance, device'), '{{instance}} {{device}}')]),
        lines({ title: 'Disk writes', description: 'Bytes a second.', unit: 'Bps' }, [series(perSecond('node_disk_written_bytes_total', '', 'instance, device'), '{{instance}} {{device}}')]),
        lines({ title: 'Network in', description: 'Bytes a second, by interface.', unit: 'Bps' }, [series(perSecond('node_network_receive_bytes_total', '', 'instance, device'), '{{instance}} {{device}}')]),
        lines({ title: 'Network out', description: 'Bytes a second, by interface.', unit: 'Bps' }, [series(perSecond('node_network_transmit_bytes_total', '', 'instance, device'), '{{instance}} {{device}}')]),
      ],
    },
  ],
});
