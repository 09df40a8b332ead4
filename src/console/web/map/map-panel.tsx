import { geoGraticule10, geoPath, type GeoProjection } from 'd3-geo';
import type { ComponentChildren } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import landTopology from 'world-atlas/land-110m.json';
import { ALARM_TYPES, type MapAnswer, type MapCell } from '../api.js';
import { useFormats } from '../format.js';
import type { AlarmFilter } from '../open-alarms.js';
import { useTexts } from '../texts.js';
import { useSize } from '../use-size.js';
import { ZoneChoice } from '../zone-choice.js';
import { CellTable, usePlaceText } from './cell-table.js';
import { MapCells } from './map-cells.js';
import './map.css';
import { middleOf, projectionFor } from './map-projection.js';
import { StateMark } from './state-mark.js';

const topology = landTopology as unknown as Topology<{ land: GeometryCollection }>;
const land = feature(topology, topology.objects.land);

/** The inhabited world's height by its width, and with some sea above and below it. */
const WIDE = 0.47;
const NARROW = 0.52;
const NARROW_PX = 600;

/** What else stands above and below the map, up to the end of the chart, so that a desktop shows all of it at once. */
const OTHERS_PX = 480;
const LEAST_HEIGHT_PX = 320;

/** Half the height of a tip with every type of alarm, which the map's edge would cut off. */
const TIP_HALF_PX = 62;

/** A map that is only looked at is drawn for this width and made larger as a whole, marks and numbers too. */
const LOOKED_AT_PX = 900;

const NO_CELLS: readonly MapCell[] = [];

interface Props {
  readonly map: MapAnswer | null;
  readonly filter: AlarmFilter;
  /** Null where the map is only looked at: it then fills its place. */
  readonly onChoose: ((part: Partial<AlarmFilter>) => void) | null;
  /** What is to be said of the chosen cell. */
  readonly children?: ComponentChildren;
}

/** The world or one zone, with the sensors by cell. */
export function MapPanel({ map, filter, onChoose, children }: Props) {
  const texts = useTexts();
  const { ref, width: widthPx, height: heightPx, windowHeight } = useSize<HTMLDivElement>();
  const [pointed, setPointed] = useState<string | null>(null);
  const [isList, setList] = useState(false);
  const scale = onChoose === null ? Math.max(1, widthPx / LOOKED_AT_PX) : 1;
  const width = widthPx / scale;
  const height = onChoose === null ? heightPx / scale : Math.round(width < NARROW_PX ? width * NARROW : Math.min(width * WIDE, Math.max(LEAST_HEIGHT_PX, windowHeight - OTHERS_PX)));
  const cells = map?.cells ?? NO_CELLS;
  // The cells of a zone come some time after its choice: until then those that are there stay in their own frame.
  const zone = useMemo(() => filter.zone, [cells]);
  // The frame of a zone depends on where its cells are, not on what happens in them.
  const frame = useMemo(() => (zone === null ? '' : cells.map(({ geohash }) => geohash).join()), [zone, cells]);
  const projection = useMemo(() => projectionFor(width, height, zone === null ? null : cells), [width, height, frame]);
  const act = useRef<(cell: string) => void>();
  act.current = (cell) => onChoose?.({ cell: filter.cell === cell ? null : cell });
  // The same in every rendering, so that a row or a cell that stays as it is need not be drawn anew.
  const choose = useMemo(() => (onChoose === null ? null : (cell: string) => act.current?.(cell)), [onChoose === null]);
  const tipped = pointed === null || onChoose === null ? undefined : cells.find(({ geohash }) => geohash === pointed);
  // The pointer's way over the map draws the tip anew, not the cells.
  const drawn = useMemo(() => <MapCells cells={cells} projection={projection} chosen={filter.cell} onPoint={setPointed} onChoose={choose} />, [cells, projection, filter.cell]);
  return (
    <section class="panel map" aria-label={texts.map}>
      <div class="panel-head">
        <h2>{filter.zone ?? texts.map}</h2>
        <Legend />
        {onChoose !== null && (
          <>
            <button type="button" class="button" aria-pressed={isList} onClick={() => setList(!isList)} data-testid="as-list">
              {texts.asList}
            </button>
            <ZoneChoice zone={filter.zone} onZone={(zone) => onChoose({ zone, cell: null })} testId="zone" />
          </>
        )}
      </div>
      {isList && choose !== null && (
        <CellTable cells={cells} chosen={filter.cell} onChoose={choose}>
          {children}
        </CellTable>
      )}
      <div class="map-ground" ref={ref} hidden={isList}>
        {width > 0 && height > 0 && (
          <svg width={width * scale} height={height * scale} viewBox={`0 0 ${width} ${height}`} role="group" aria-label={texts.map}>
            <Ground projection={projection} />
            {drawn}
          </svg>
        )}
        {tipped !== undefined && <Tip cell={tipped} projection={projection} width={width} height={height} />}
      </div>
      {!isList && children}
    </section>
  );
}

function Ground({ projection }: { projection: GeoProjection }) {
  const paths = useMemo(() => {
    const path = geoPath(projection).digits(1);
    return { sphere: path({ type: 'Sphere' }), lines: path(geoGraticule10()), land: path(land) };
  }, [projection]);
  return (
    <g aria-hidden="true">
      <path class="sphere" d={paths.sphere ?? ''} />
      <path class="graticule" d={paths.lines ?? ''} />
      <path class="land" d={paths.land ?? ''} />
    </g>
  );
}

function Tip({ cell, projection, width, height }: { cell: MapCell; projection: GeoProjection; width: number; height: number }) {
  const texts = useTexts();
  const { number } = useFormats();
  const place = usePlaceText();
  const at = projection(middleOf(cell.geohash));
  if (at === null) return null;
  // On a phone there is no room beside the cell.
  const isStrip = width < NARROW_PX;
  const side = isStrip ? `is-strip ${at[1] > height / 2 ? 'is-above' : 'is-below'}` : at[0] > width / 2 ? 'is-left' : '';
  return (
    <div class={`tip ${side}`} style={isStrip ? {} : { left: `${at[0]}px`, top: `${Math.min(Math.max(at[1], TIP_HALF_PX), height - TIP_HALF_PX)}px` }} role="status">
      <b>{texts.cell(cell.geohash)}</b> <small>{place(cell.geohash)}</small>
      <div>
        {number(cell.sensors)} {texts.sensors}, {cell.active > 0 ? `${number(cell.active)} ${texts.active}` : texts.calm}
      </div>
      {ALARM_TYPES.filter((type) => cell.byType[type] > 0).map((type) => (
        <div key={type} class={`by-type ${type}`}>
          <i aria-hidden="true" /> {texts.type[type]} {number(cell.byType[type])}
        </div>
      ))}
    </div>
  );
}

function Legend() {
  const texts = useTexts();
  return (
    <ul class="legend">
      <li>
        <StateMark isActive={false} /> {texts.legendCalm}
      </li>
      <li>
        <StateMark isActive /> {texts.legendActive}
      </li>
    </ul>
  );
}
