import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { ALARM_TYPES } from '../../../src/alarm-domain/reading.js';
import { ZONES } from '../../../src/customers/zones.js';
import { COUNTS_BY_TYPE } from './alarm-counts.js';
import { choice, choices, dashboard } from './dashboards.js';
import { figures, lines, map, table } from './panels.js';
import { flux, values } from './queries.js';
import { activeByType, activeCount, activeSensors, normalCells, sensorCount, zoneTotals } from './sensor-state.js';

/** A map of 50,000 sensors takes InfluxDB seconds; alarms by the second are on the console. */
const MAP_REFRESH = '1m';

const PER_ZONE = 'state at the end of the time range; choose an earlier end to see an earlier state';

/** A dashboard for each zone, as the source had them. */
export const zoneDashboards: readonly Dashboard[] = ZONES.map((zone) =>
  dashboard({
    uid: `vigia-zone-${zone}`,
    title: `Zone ${zone}`,
    description: `Sensors of ${zone} on the map: ${PER_ZONE}.`,
    from: 'now-1h',
    refresh: MAP_REFRESH,
    tags: ['zone'],
    variables: [choice('precision', 'Cell', ['4', '3', '5'], 'Characters of the geohash that make a cell of normal sensors')],
    sections: [
      {
        title: zone,
        panels: [
          figures({ title: 'Sensors', description: `Customers of the zone; ${PER_ZONE}.`, width: 6 }, [flux(sensorCount(zone))]),
          figures({ title: 'Active sensors', description: 'Sensors with an open alarm.', width: 6, badFrom: 1 }, [flux(activeCount(zone))]),
          figures({ title: 'Open alarms by type', description: 'A sensor may have one of each type.', width: 12, perRow: true, badFrom: 1 }, [flux(activeByType(zone))]),
          map({ title: `Map of ${zone}`, description: 'Circles: cells of normal sensors with their number. Red triangles: sensors with an open alarm, with their id.' }, flux(normalCells(zone), 'A'), flux(activeSensors(zone), 'B')),
          table({ title: 'Active sensors', description: 'Sensors with an open alarm, and of which types.', width: 6, height: 20 }, [flux(activeSensors(zone))]),
        ],
      },
    ],
  }),
);

export const worldDashboard = dashboard({
  uid: 'vigia-world',
  title: 'World',
  description: 'All zones on one map, alarms per minute, and what waits.',
  from: 'now-1h',
  refresh: MAP_REFRESH,
  tags: ['zone'],
  variables: [
    choice('precision', 'Cell', ['3', '2', '4'], 'Characters of the geohash that make a cell of normal sensors'),
    choices('type', 'Type', ALARM_TYPES, 'Types of alarm in the panel of alarms per minute'),
    choice('per', 'Per', ['1m', '5m', '1h'], 'Length of a bar'),
  ],
  sections: [
    {
      title: 'Now',
      panels: [
        figures({ title: 'Sensors', description: `All customers; ${PER_ZONE}.` }, [flux(sensorCount(null))]),
        figures({ title: 'Active sensors', description: 'Sensors with an open alarm.', badFrom: 1 }, [flux(activeCount(null))]),
        figures({ title: 'E-mails that wait for an operator', description: 'Parked: nobody has been told of these alarms.', badFrom: 1 }, [values('vigia:emails_parked:max', 'parked')]),
        figures({ title: 'Readings a second', description: 'Accepted on all endpoints.', unit: 'reqps' }, [values('sum(topic:vigia_records_accepted:rate1m)', 'readings')]),
        map({ title: 'World', description: 'Circles: cells of normal sensors with their number. Red triangles: sensors with an open alarm, with their id.' }, flux(normalCells(null), 'A'), flux(activeSensors(null), 'B')),
        table(
          { title: 'Zones', description: 'Sensors and active sensors of each zone; a click opens its dashboard.', width: 6, height: 20, link: { column: 'zone', title: 'The zone’s dashboard', url: '/d/vigia-zone-${__value.raw}' } },
          [flux(zoneTotals())],
        ),
      ],
    },
    {
      title: 'Alarms',
      panels: [lines({ title: 'Alarms by type', description: 'By the time of the reading (R6).', bars: true, width: 24, name: '${__field.labels.type}' }, [flux(COUNTS_BY_TYPE)])],
    },
  ],
});
