import { dashboard, labelValues } from './dashboards.js';
import { figures, lines, table } from './panels.js';
import { rows, series, values } from './queries.js';

const OF_INSTANCE = 'instance=~"$instance"';

/** From the reading to the e-mail. */
export const alarmPathDashboard = dashboard({
  uid: 'vigia-alarm-path',
  title: 'Alarm path',
  description: 'From the reading to the e-mail: how much, how fast, what waits, what failed. What to do: docs/runbook.md.',
  from: 'now-30m',
  tags: ['operation'],
  variables: [labelValues('instance', 'Process', 'label_values(vigia_part_status, instance)')],
  sections: [
    {
      title: 'Now',
      panels: [
        figures({ title: 'Parts that are up', description: 'Of all processes.', width: 6 }, [values('sum(vigia_part_status{status="up"})', 'up')]),
        figures({ title: 'Event store', description: '1 while it answers.', width: 6, badBelow: 1 }, [values('min(vigia_event_store_up)', 'answers')]),
        figures({ title: 'E-mails parked', description: 'They wait for an operator.', width: 6, badFrom: 1 }, [values('vigia:emails_parked:max', 'parked')]),
        figures({ title: 'Oldest e-mail that waits', description: 'Since its alarm.', unit: 's', width: 6, badFrom: 60 }, [values('max(vigia_email_lag_seconds)', 'age')]),
        table({ title: 'Alerts', description: 'Alerts that are pending or firing; empty is good.', width: 12, height: 8 }, [rows('ALERTS')]),
        table({ title: 'Parts that are not up', description: 'As /api/health of each process says; empty is good.', width: 12, height: 8 }, [rows('vigia_part_status{status!="up"} == 1')]),
      ],
    },
    {
      title: 'Readings',
      panels: [
        lines({ title: 'Accepted', description: 'Records that were stored durably.', unit: 'reqps' }, [series('topic:vigia_records_accepted:rate1m', '{{topic}}')]),
        lines({ title: 'Refused', description: 'By HTTP status: 4xx is the sender’s fault, 503 is ours.', unit: 'reqps' }, [series('sum by (status) (rate(vigia_records_refused_total{' + OF_INSTANCE + '}[$__rate_interval]))', '{{status}}')]),
        lines({ title: 'Processed', description: 'By what became of them (P2).', unit: 'reqps' }, [series('topic_outcome:vigia_records_processed:rate1m > 0', '{{topic}} {{outcome}}')]),
        lines({ title: 'Waiting records', description: 'In the log and not yet processed.', unit: 'short' }, [series('sum by (topic, partition) (vigia_consumer_lag_records{' + OF_INSTANCE + '})', '{{topic}} {{partition}}')]),
        lines({ title: 'Dead letters', description: 'Records that could not be read, in ten minutes.', unit: 'short', bars: true }, [series('sum by (topic) (increase(vigia_records_processed_total{outcome="dead_lettered"}[10m]))', '{{topic}}')]),
        lines({ title: 'Batches handled again, conflicts of writers', description: 'Both heal by themselves; many of them point at the event store or at a second writer.', unit: 'short' }, [
          series('sum(increase(vigia_batch_failures_total[5m]))', 'batches'),
          series('sum(increase(vigia_append_conflicts_total[5m]))', 'conflicts'),
        ]),
      ],
    },
    {
      title: 'Alarms',
      panels: [
        lines({ title: 'From reading to alarm', description: 'From the log’s append of a reading to the storing of its event.', unit: 's' }, [series('vigia:reading_to_event_seconds:p50', 'half'), series('vigia:reading_to_event_seconds:p99', '99 %')]),
        lines({ title: 'From reading to e-mail', description: 'Until the mail server has accepted it.', unit: 's' }, [series('vigia:reading_to_email_seconds:p50', 'half'), series('vigia:reading_to_email_seconds:p99', '99 %')]),
        lines({ title: 'Events', description: 'Stored, by type.', unit: 'cps' }, [series('sum by (type) (rate(vigia_sensor_events_stored_total[$__rate_interval]))', '{{type}}')]),
        lines({ title: 'E-mails', description: 'Sent, and attempts that failed, in a minute.', unit: 'short' }, [
          series('sum(increase(vigia_reading_to_email_seconds_count[1m]))', 'sent'),
          series('sum(increase(vigia_email_failures_total[1m]))', 'failed'),
        ]),
        lines({ title: 'E-mails that wait', description: 'Neither sent nor parked.', unit: 'short' }, [series('max(vigia_emails_pending)', 'pending')]),
        lines({ title: 'Topic COUNT', description: 'Alarms that are not on it yet.', unit: 'short' }, [series('max(vigia_count_lag_events)', 'behind'), series('sum(increase(vigia_count_published_total[1m]))', 'published in a minute')]),
      ],
    },
    {
      title: 'Read models and roles',
      panels: [
        lines({ title: 'Projections behind', description: 'Age of the oldest event that a projection has not taken.', unit: 's' }, [series('max by (projection) (vigia_projection_lag_seconds{' + OF_INSTANCE + '})', '{{projection}}')]),
        figures({ title: 'Projections', description: '1 while it runs.', badBelow: 1, height: 8, width: 12 }, [values('min by (projection) (vigia_projection_running{' + OF_INSTANCE + '})', '{{projection}}')]),
        lines({ title: 'Lines to InfluxDB', description: 'Confirmed, in a second; and requests that failed, in a minute.', unit: 'short' }, [
          series('sum(rate(vigia_influx_lines_written_total[$__rate_interval]))', 'lines'),
          series('sum(increase(vigia_influx_failures_total[1m]))', 'failures'),
        ]),
        lines({ title: 'Holder of each role', description: '1 for the process that does the work.', unit: 'short' }, [series('vigia_lease_held{' + OF_INSTANCE + '}', '{{role}} {{instance}}')]),
      ],
    },
    {
      title: 'Processes',
      panels: [
        lines({ title: 'CPU', description: 'Of one core.', unit: 'percentunit', width: 8 }, [series('rate(process_cpu_seconds_total{job="vigia", ' + OF_INSTANCE + '}[$__rate_interval])', '{{instance}}')]),
        lines({ title: 'Memory', description: 'Resident.', unit: 'bytes', width: 8 }, [series('process_resident_memory_bytes{job="vigia", ' + OF_INSTANCE + '}', '{{instance}}')]),
        lines({ title: 'Event loop', description: '99th percentile of its delay: long ones hold up everything.', unit: 's', width: 8 }, [series('nodejs_eventloop_lag_p99_seconds{' + OF_INSTANCE + '}', '{{instance}}')]),
        lines({ title: 'Room in the data folder', description: 'Bytes that are free.', unit: 'bytes', width: 12 }, [series('vigia_data_free_bytes{' + OF_INSTANCE + '}', '{{instance}}')]),
        lines({ title: 'Ingest endpoints behind the load balancer', description: '1 while HAProxy sends to it.', unit: 'short', width: 12 }, [series('haproxy_server_status{proxy="endpoints", state="UP"}', '{{server}}')]),
      ],
    },
  ],
});
