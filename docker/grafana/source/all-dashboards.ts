import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { alarmPathDashboard } from './alarm-path-dashboard.js';
import { cassandraDashboard } from './cassandra-dashboard.js';
import { containersDashboard } from './containers-dashboard.js';
import { historyDashboard } from './history-dashboard.js';
import { hostsDashboard } from './hosts-dashboard.js';
import { kafkaDashboard } from './kafka-dashboard.js';
import { worldDashboard, zoneDashboards } from './map-dashboards.js';

export const ALL_DASHBOARDS: readonly Dashboard[] = [
  worldDashboard, ...zoneDashboards, historyDashboard, alarmPathDashboard, kafkaDashboard, cassandraDashboard, hostsDashboard, containersDashboard,
];

/** The text of each file of docker/grafana/dashboards, by its name. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(ALL_DASHBOARDS.map((dashboard) => [`${dashboard.uid}.json`, `${JSON.stringify(dashboard, null, 2)}\n`]));
}
