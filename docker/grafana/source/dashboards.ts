import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import {
  CustomVariableBuilder, DashboardBuilder, DashboardCursorSync, DashboardLinkBuilder, DashboardLinkType, QueryVariableBuilder, RowBuilder, VariableRefresh, type Dashboard, type Panel, type RowPanel, type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PROMETHEUS } from './queries.js';

type Target = Dataquery & { readonly refId?: string; readonly datasource: DataSourceRef };

/** A line with a title, and the panels below it. */
export interface Section {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
}

export interface DashboardPlan {
  /** Ends its address, and is its file's name: `vigia-zone-uk`. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** How far back it shows unless told: `now-1h`. */
  readonly from: string;
  /** How often it asks again, 10 s unless told. */
  readonly refresh?: string;
  readonly tags: readonly string[];
  readonly variables?: readonly Builder<VariableModel>[];
  readonly sections: readonly Section[];
}

/** The dashboard as Grafana stores it. */
export function dashboard(plan: DashboardPlan): Dashboard {
  const builder = new DashboardBuilder(plan.title).uid(plan.uid).description(plan.description).tags(['vigia', ...plan.tags])
    .time({ from: plan.from, to: 'now' }).refresh(plan.refresh ?? '10s').timezone('browser').tooltip(DashboardCursorSync.Crosshair).readonly()
    .variables([...(plan.variables ?? [])])
    .link(new DashboardLinkBuilder('Vigía').type(DashboardLinkType.Dashboards).tags(['vigia']).asDropdown(true).keepTime(true));
  for (const { title, panels } of plan.sections) {
    builder.withRow(new RowBuilder(title));
    for (const panel of panels) builder.withPanel(panel);
  }
  const built = builder.build();
  return { ...built, panels: (built.panels ?? []).map((panel, index) => complete(panel, index + 1)) };
}

/** With its number, a letter for each query, and the data source that all of them ask. Thrown: an error naming the panel that asks two. */
function complete(panel: Panel | RowPanel, id: number): Panel | RowPanel {
  if (!('targets' in panel) || panel.targets === undefined) return { ...panel, id };
  const targets = (panel.targets as Target[]).map((target, index) => ({ ...target, refId: target.refId ?? String.fromCharCode(65 + index) }));
  const [datasource, ...others] = [...new Set(targets.map((target) => target.datasource))];
  if (datasource === undefined || others.length > 0) throw new Error(`panel ${panel.title} must ask one data source, not ${others.length + 1}`);
  return { ...panel, id, datasource, targets };
}

/** A choice of fixed values, the first unless told. */
export function choice(name: string, label: string, values: readonly string[], description: string): Builder<VariableModel> {
  const first = values[0] as string;
  return new CustomVariableBuilder(name).label(label).description(description).values(values.join(',')).current({ text: first, value: first });
}

/** A choice of any number of fixed values, all unless told. */
export function choices(name: string, label: string, values: readonly string[], description: string): Builder<VariableModel> {
  return new CustomVariableBuilder(name).label(label).description(description).values(values.join(',')).multi(true).includeAll(true).current({ text: 'All', value: '$__all' });
}

/** A choice of any number of a label's values in Prometheus, all unless told. In a query: `label=~"$name"`. */
export function labelValues(name: string, label: string, query: string): Builder<VariableModel> {
  return new QueryVariableBuilder(name).label(label).datasource(PROMETHEUS).query({ query, refId: name }).definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged).multi(true).includeAll(true).allValue('.*').current({ text: 'All', value: '$__all' });
}
