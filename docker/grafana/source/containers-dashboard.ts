import { dashboard, labelValues } from './dashboards.js';
import { figures, lines, table } from './panels.js';
import { rows, series, values } from './queries.js';

const OF_CONTAINER = 'job="cadvisor", name=~"$container"';
const perSecond = (metric: string): string => `sum by (name) (rate(${metric}{${OF_CONTAINER}}[$__rate_interval]))`;

/** What cAdvisor tells of the containers. */
export const containersDashboard = dashboard({
  uid: 'vigia-containers',
  title: 'Containers',
  description: 'The containers, by cAdvisor.',
  from: 'now-1h',
  tags: ['systems'],
  variables: [labelValues('container', 'Container', 'label_values(container_last_seen, name)')],
  sections: [
    {
      title: 'Containers',
      panels: [
        figures({ title: 'Containers', description: 'Seen in the last minute.', width: 6, height: 8 }, [values(`count(time() - container_last_seen{${OF_CONTAINER}} < 60)`, 'containers')]),
        table({ title: 'Running since', description: 'A recent time is a restart.', width: 18, height: 8, unit: 'dateTimeFromNow' }, [rows(`max by (name) (container_start_time_seconds{${OF_CONTAINER}}) * 1000`)]),
        lines({ title: 'CPU', description: 'Of one core.', unit: 'percentunit' }, [series(perSecond('container_cpu_usage_seconds_total'), '{{name}}')]),
        lines({ title: 'Memory', description: 'Working set: what counts against the limit.', unit: 'bytes' }, [series(`sum by (name) (container_memory_working_set_bytes{${OF_CONTAINER}})`, '{{name}}')]),
        lines({ title: 'Network in', description: 'Bytes a second.', unit: 'Bps' }, [series(perSecond('container_network_receive_bytes_total'), '{{name}}')]),
        lines({ title: 'Network out', description: 'Bytes a second.', unit: 'Bps' }, [series(perSecond('container_network_transmit_bytes_total'), '{{name}}')]),
        lines({ title: 'Disk writes', description: 'Writes a second.', unit: 'iops' }, [series(perSecond('container_fs_writes_total'), '{{name}}')]),
        lines({ title: 'Disk in use', description: 'Bytes of the container’s own layers.', unit: 'bytes' }, [series(`sum by (name) (container_fs_usage_bytes{${OF_CONTAINER}})`, '{{name}}')]),
      ],
    },
  ],
});
