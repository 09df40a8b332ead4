import { ALARM_TYPES } from '../../../src/alarm-domain/reading.js';
import { BUSIEST_MINUTES, COUNTS_BY_TYPE, TOTALS_BY_TYPE } from './alarm-counts.js';
import { choice, choices, dashboard } from './dashboards.js';
import { figures, lines, table } from './panels.js';
import { flux } from './queries.js';

/** R6: the history of any time range by type. */
export const historyDashboard = dashboard({
  uid: 'vigia-alarm-history',
  title: 'Alarm history',
  description: 'Alarms per minute by type, for any time range (R6).',
  from: 'now-6h',
  tags: ['alarms'],
  variables: [
    choices('type', 'Type', ALARM_TYPES, 'Types of alarm that are shown and counted'),
    choice('per', 'Per', ['1m', '5m', '1h', '1d'], 'Length of a bar; longer ones for longer time ranges'),
  ],
  sections: [
    {
      title: 'Alarms',
      panels: [
        figures({ title: 'Alarms in the time range', description: 'Whole minutes of the time range, by type.', width: 24, perRow: true }, [flux(TOTALS_BY_TYPE)]),
        lines({ title: 'Alarms by type', description: 'By the time of the reading; bars as long as variable Per says.', bars: true, width: 24, height: 14, name: '${__field.labels.type}' }, [flux(COUNTS_BY_TYPE)]),
        table({ title: 'Busiest minutes', description: 'The ten minutes with the most alarms of the chosen types.', width: 24 }, [flux(BUSIEST_MINUTES)]),
      ],
    },
  ],
});
