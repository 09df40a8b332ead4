import type { GeoProjection } from 'd3-geo';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { MapCell } from '../api.js';
import { useFormats } from '../format.js';
import { useTexts } from '../texts.js';
import { ActiveMark } from './active-mark.js';
import { cellAfter } from './cell-steps.js';
import { boundsOf, middleOf } from './map-projection.js';

/** A cell with few sensors is still to be hit by a finger or a mouse. */
const LEAST_REACH_PX = 5;

interface Props {
  readonly cells: readonly MapCell[];
  readonly projection: GeoProjection;
  readonly chosen: string | null;
  readonly onPoint: (geohash: string | null) => void;
  readonly onChoose: ((geohash: string) => void) | null;
}

interface PlacedCell extends Pick<MapCell, 'geohash' | 'sensors' | 'active'> {
  readonly radius: number;
  readonly x: number;
  readonly y: number;
}

/** The cells on the map. For the keyboard they are one stop, from which arrows lead on. */
export function MapCells({ cells, projection, chosen, onPoint, onChoose }: Props) {
  const [entered, setEntered] = useState<string | null>(null);
  // What has come while the map was looked at; hundreds that are there at once would be drawn anew in every frame.
  const seen = useRef<ReadonlyMap<string, number>>(new Map());
  const hasArrived = ({ geohash, active }: PlacedCell) => active > (seen.current.get(geohash) ?? active);
  useLayoutEffect(() => {
    seen.current = new Map(cells.map(({ geohash, active }) => [geohash, active]));
  }, [cells]);
  const { placed, roomPx } = useMemo(() => placedOn(projection, cells), [projection, cells]);
  const circles = useMemo(() => placed.map((cell) => <circle key={cell.geohash} class="sensors" r={cell.radius.toFixed(1)} transform={placeOf(cell)} />), [placed]);
  const stop = stopOf(cells, [entered, chosen]);
  const onKey = (event: KeyboardEvent) => {
    const from = cellAt(event);
    if (from === null || onChoose === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const isChoice = event.key === 'Enter' || event.key === ' ';
    const to = isChoice ? null : cellAfter(event.key, from, placed);
    if (isChoice) onChoose(from);
    if (to !== null) (event.currentTarget as SVGElement).querySelector<SVGElement>(`[data-cell=${JSON.stringify(to)}]`)?.focus();
    if (isChoice || to !== null) event.preventDefault();
  };
  const onClick = (event: MouseEvent) => {
    const at = cellAt(event);
    if (at !== null) onChoose?.(at);
  };
  // The same in every rendering, so that a cell that stays as it is need not be drawn anew.
  const onFocus = useMemo(() => (onChoose === null ? null : { enter: (geohash: string) => (onPoint(geohash), setEntered(geohash)), leave: () => onPoint(null) }), [onChoose === null, onPoint]);
  // Marks lie over all circles by their layer, not by their order: an element that is moved would lose the keyboard's focus.
  return (
    <>
      <g aria-hidden="true">{circles}</g>
      <g onPointerOver={(event) => onPoint(cellAt(event))} onPointerOut={() => onPoint(null)} onClick={onClick} onKeyDown={onKey}>
        {placed.map((cell) => (
          <Cell key={cell.geohash} cell={cell} roomPx={roomPx} isChosen={chosen === cell.geohash} isStop={cell.geohash === stop} hasArrived={hasArrived} onFocus={onFocus} />
        ))}
      </g>
    </>
  );
}

interface CellProps {
  readonly cell: PlacedCell;
  readonly roomPx: number;
  readonly isChosen: boolean;
  readonly isStop: boolean;
  readonly hasArrived: (cell: PlacedCell) => boolean;
  /** Null where the cells are only looked at. */
  readonly onFocus: { readonly enter: (geohash: string) => void; readonly leave: () => void } | null;
}

/** Drawn anew only when something of it has changed: of hundreds, a choice or an alarm changes one or two. */
function Cell({ cell, roomPx, isChosen, isStop, hasArrived, onFocus }: CellProps) {
  const texts = useTexts();
  const { number } = useFormats();
  const { geohash, sensors, active, radius } = cell;
  const place = placeOf(cell);
  return useMemo(
    () => (
      <g
        class={`cell ${active > 0 ? 'is-active' : ''} ${isChosen ? 'is-chosen' : ''}`}
        transform={place}
        role={onFocus === null ? 'img' : 'button'}
        aria-label={`${texts.cell(geohash)}: ${number(sensors)} ${texts.sensors}, ${number(active)} ${texts.active}`}
        data-cell={geohash}
        data-testid={`cell-${geohash}`}
        {...(onFocus !== null && {
          // An attribute of SVG keeps its case, and only tabindex is one. What listens for the focus can get it.
          tabindex: isStop ? 0 : -1,
          'aria-pressed': isChosen,
          onFocus: () => onFocus.enter(geohash),
          onBlur: onFocus.leave,
        })}
      >
        <circle class="reach" r={Math.max(radius, LEAST_REACH_PX).toFixed(1)} />
        {active > 0 && <ActiveMark key={active} count={active} radius={radius} roomPx={roomPx} hasArrived={hasArrived(cell)} />}
      </g>
    ),
    [geohash, sensors, active, radius, place, roomPx, isChosen, isStop, onFocus, texts, number],
  );
}

/** The cell that an event comes from. */
function cellAt(event: Event): string | null {
  return (event.target as Element).closest('[data-cell]')?.getAttribute('data-cell') ?? null;
}

function placeOf({ x, y }: PlacedCell): string {
  return `translate(${x.toFixed(1)} ${y.toFixed(1)})`;
}

/** Where the cells are and how large, and the room that each has. */
function placedOn(projection: GeoProjection, cells: readonly MapCell[]): { readonly placed: readonly PlacedCell[]; readonly roomPx: number } {
  const most = Math.max(1, ...cells.map(({ sensors }) => sensors));
  const first = cells[0];
  const roomPx = first === undefined ? 0 : cellWidthPx(first.geohash, projection);
  const placed = cells.flatMap(({ geohash, sensors, active }) => {
    const at = projection(middleOf(geohash));
    const radius = Math.max(1.8, Math.sqrt(sensors / most) * Math.min(16, roomPx * 0.46));
    return at === null ? [] : [{ geohash, sensors, active, radius, x: at[0], y: at[1] }];
  });
  return { placed, roomPx };
}

/** The cell at which the keyboard comes to the map: the first of those wanted that is there, or else the one with most in alarm. */
function stopOf(cells: readonly MapCell[], wanted: readonly (string | null)[]): string | undefined {
  const known = new Set(cells.map(({ geohash }) => geohash));
  const most = cells.reduce<MapCell | undefined>((best, cell) => (best === undefined || cell.active > best.active ? cell : best), undefined);
  return wanted.find((geohash) => geohash !== null && known.has(geohash)) ?? most?.geohash;
}

function cellWidthPx(geohash: string, projection: GeoProjection): number {
  const [, west, , east] = boundsOf(geohash);
  const [left, right] = [projection([0, 0]), projection([east - west, 0])];
  return left === null || right === null ? 0 : Math.abs(right[0] - left[0]);
}
