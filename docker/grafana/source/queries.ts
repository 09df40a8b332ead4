import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';

/** As they are provisioned, in provisioning/datasources/. */
export const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: 'vigia-prometheus' };
export const INFLUXDB: DataSourceRef = { type: 'influxdb', uid: 'vigia-influxdb' };

/** A question in Flux, as Grafana's InfluxDB data source takes it; the library has no type for it. */
interface FluxQuery extends Dataquery {
  readonly refId: string;
  readonly datasource: DataSourceRef;
  readonly query: string;
}

/** Lines over time. `legend` may name labels: `{{topic}}`. */
export function series(expr: string, legend: string): Builder<Dataquery> {
  return new DataqueryBuilder().datasource(PROMETHEUS).expr(expr).legendFormat(legend).range();
}

/** Values of the end of the time range, one for each set of labels. */
export function values(expr: string, legend: string): Builder<Dataquery> {
  return new DataqueryBuilder().datasource(PROMETHEUS).expr(expr).legendFormat(legend).instant();
}

/** As `values`, as rows of a table with a column for each label. */
export function rows(expr: string): Builder<Dataquery> {
  return new DataqueryBuilder().datasource(PROMETHEUS).expr(expr).instant().format(PromQueryFormat.Table);
}

/** Flux for the bucket of the data source. `refId` lets a map's layer name the answer that it shows. */
export function flux(query: string, refId = 'A'): Builder<Dataquery> {
  const built: FluxQuery = { refId, datasource: INFLUXDB, query, _implementsDataqueryVariant: () => undefined };
  return { build: () => built };
}
