import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode, BigValueGraphMode, FrameGeometrySourceBuilder, FrameGeometrySourceMode, GraphDrawStyle, LegendDisplayMode, LegendPlacement, MapLayerOptionsBuilder, ReduceDataOptionsBuilder,
  StackingConfigBuilder, StackingMode, TooltipDisplayMode, VizLegendOptionsBuilder, VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { ThresholdsConfigBuilder, ThresholdsMode, type Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { MapViewConfigBuilder, PanelBuilder as MapPanel, TooltipMode, TooltipOptionsBuilder } from '@grafana/grafana-foundation-sdk/geomap';
import { PanelBuilder as StatPanel } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TablePanel } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as LinesPanel } from '@grafana/grafana-foundation-sdk/timeseries';

/** What every panel says of itself. Sizes are in the grid's units: 24 to a line. */
export interface About {
  readonly title: string;
  /** What it shows and what is bad, for the operator. */
  readonly description: string;
  /** Grafana's name of the unit: `s`, `bytes`, `reqps`. */
  readonly unit?: string;
  readonly width?: number;
  readonly height?: number;
}

type Queries = readonly Builder<Dataquery>[];

/** Lines over time, or stacked bars. */
export function lines(about: About & { readonly bars?: boolean; readonly name?: string }, queries: Queries): Builder<Panel> {
  const panel = new LinesPanel().title(about.title).description(about.description).span(about.width ?? 12).height(about.height ?? 8).min(0).targets([...queries])
    .legend(new VizLegendOptionsBuilder().showLegend(true).displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi));
  if (about.unit !== undefined) panel.unit(about.unit);
  if (about.name !== undefined) panel.displayName(about.name);
  if (about.bars !== true) return panel.fillOpacity(10);
  return panel.drawStyle(GraphDrawStyle.Bars).fillOpacity(80).stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
}

/** Single figures. From `badFrom` on they are red; without it they have no colour. */
export function figures(about: About & { readonly badFrom?: number; readonly badBelow?: number; readonly perRow?: boolean }, queries: Queries): Builder<Panel> {
  const { badFrom, badBelow } = about;
  const steps = badBelow !== undefined ? [{ value: null, color: 'red' }, { value: badBelow, color: 'green' }] : badFrom !== undefined ? [{ value: null, color: 'green' }, { value: badFrom, color: 'red' }] : [{ value: null, color: 'blue' }];
  const panel = new StatPanel().title(about.title).description(about.description).span(about.width ?? 6).height(about.height ?? 4).targets([...queries])
    .graphMode(BigValueGraphMode.None).colorMode(BigValueColorMode.Value)
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(about.perRow === true));
  return about.unit === undefined ? panel : panel.unit(about.unit);
}

/** Rows. `link` goes from a column's value to another place. */
export function table(about: About & { readonly link?: { readonly column: string; readonly title: string; readonly url: string } }, queries: Queries): Builder<Panel> {
  const panel = new TablePanel().title(about.title).description(about.description).span(about.width ?? 12).height(about.height ?? 8).targets([...queries]);
  if (about.unit !== undefined) panel.unit(about.unit);
  if (about.link !== undefined) panel.overrideByName(about.link.column, [{ id: 'links', value: [{ title: about.link.title, url: about.link.url }] }]);
  return panel;
}

const CIRCLE = 'img/icons/marker/circle.svg';
const TRIANGLE = 'img/icons/marker/triangle.svg';

/** Sensors on the world map: `normal` by cell, as pale circles with their number; each of `active` as a red triangle with its id. */
export function map(about: About, normal: Builder<Dataquery>, active: Builder<Dataquery>): Builder<Panel> {
  return new MapPanel().title(about.title).description(about.description).span(about.width ?? 18).height(about.height ?? 20)
    // Grafana takes ten times as many rows of an answer.
    .maxDataPoints(2000)
    .tooltip(new TooltipOptionsBuilder().mode(TooltipMode.Details))
    .view(new MapViewConfigBuilder().id('fit').allLayers(true).padding(5))
    .basemap(new MapLayerOptionsBuilder().type('default').name('World').config({}))
    .layers([
      layer('Normal sensors', normal, { color: { fixed: 'semi-dark-blue' }, opacity: 0.35, size: { field: 'normal', fixed: 6, min: 6, max: 24 }, symbol: { mode: 'fixed', fixed: CIRCLE }, text: { mode: 'field', field: 'normal', fixed: '' } }),
      layer('Active sensors', active, { color: { fixed: 'red' }, opacity: 0.9, size: { fixed: 9, min: 9, max: 9 }, symbol: { mode: 'fixed', fixed: TRIANGLE }, text: { mode: 'field', field: 'sensor', fixed: '' } }),
    ])
    .targets([normal, active]);
}

function layer(name: string, query: Builder<Dataquery>, style: object): MapLayerOptionsBuilder {
  const { refId } = query.build() as Dataquery & { refId?: string };
  return new MapLayerOptionsBuilder().type('markers').name(name).tooltip(true)
    .location(new FrameGeometrySourceBuilder().mode(FrameGeometrySourceMode.Geohash).geohash('geohash'))
    .filterData({ id: 'byRefId', options: refId })
    .config({ showLegend: true, style: { ...style, textConfig: { fontSize: 11, offsetX: 0, offsetY: -12, textAlign: 'center', textBaseline: 'middle' } } });
}
