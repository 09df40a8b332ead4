import type { GeoProjection } from 'd3-geo';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { MapCell } from '../api.js';
import { useFormats } from '../format.js';
import { useTexts } from '../texts.js';
import { cellAfter } from './cell-steps.js';
import { boundsOf, middleOf } from './map-projection.js';

/** A cell with few sensors is still to be hit by a finger or a mouse. */
const LEAST_REACH_PX = 5;

/** A cell narrower than this has no room for a number. */
const LEAST_ROOM_PX = 20;

interface Props {
  readonly cells: readonly MapCell[];
  readonly projection: GeoProjection;
  readonly chosen: string | null;
  readonly onPoint: (cell: MapCell | null) => void;
  readonly onChoose: ((geohash: string) => void) | null;
}

type Pressed = KeyboardEvent & { readonly currentTarget: SVGElement };

/** The cells on the map. For the keyboard they are one stop, from which arrows lead on. */
export function MapCells({ cells, projection, chosen, onPoint, onChoose }: Props) {
  const texts = useTexts();
  const { number } = useFormats();
  const [entered, setEntered] = useState<string | null>(null);
  // What has come while the map was looked at; hundreds that are there at once would be drawn anew in every frame.
  const seen = useRef<ReadonlyMap<string, number>>(new Map());
  const hasArrived = ({ geohash, active }: MapCell) => active > (seen.current.get(geohash) ?? active);
  useLayoutEffect(() => {
    seen.current = new Map(cells.map(({ geohash, active }) => [geohash, active]));
  }, [cells]);
  const most = Math.max(1, ...cells.map(({ sensors }) => sensors));
  const first = cells[0];
  const roomPx = first === undefined ? 0 : cellWidthPx(first.geohash, projection);
  const placed = cells.flatMap((cell) => {
    const at = projection(middleOf(cell.geohash));
    const radius = Math.max(1.8, Math.sqrt(cell.sensors / most) * Math.min(16, roomPx * 0.46));
    return at === null ? [] : [{ cell, radius, x: at[0], y: at[1], place: `translate(${at[0].toFixed(1)} ${at[1].toFixed(1)})` }];
  });
  const stop = stopOf(cells, [entered, chosen]);
  const onKey = (event: Pressed, from: string) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isChoice = event.key === 'Enter' || event.key === ' ';
    const to = isChoice ? null : cellAfter(event.key, from, placed.map(({ cell: { geohash, active }, x, y }) => ({ geohash, active, x, y })));
    if (isChoice) onChoose?.(from);
    if (to !== null) event.currentTarget.ownerSVGElement?.querySelector<SVGElement>(`[data-cell=${JSON.stringify(to)}]`)?.focus();
    if (isChoice || to !== null) event.preventDefault();
  };
  // Marks lie over all circles by their layer, not by their order: an element that is moved would lose the keyboard's focus.
  return (
    <>
      <g aria-hidden="true">
        {placed.map(({ cell, radius, place }) => (
          <circle key={cell.geohash} class="sensors" r={radius.toFixed(1)} transform={place} />
        ))}
      </g>
      {placed.map(({ cell, radius, place }) => {
        const { geohash, sensors, active } = cell;
        return (
          <g
            key={geohash}
            class={`cell ${active > 0 ? 'is-active' : ''} ${chosen === geohash ? 'is-chosen' : ''}`}
            transform={place}
            role={onChoose === null ? 'img' : 'button'}
            aria-label={`${texts.cell(geohash)}: ${number(sensors)} ${texts.sensors}, ${number(active)} ${texts.active}`}
            data-cell={geohash}
            data-testid={`cell-${geohash}`}
            onPointerEnter={() => onPoint(cell)}
            onPointerLeave={() => onPoint(null)}
            {...(onChoose !== null && {
              // An attribute of SVG keeps its case, and only tabindex is one. What listens for the focus can get it.
              tabindex: geohash === stop ? 0 : -1,
              'aria-pressed': chosen === geohash,
              onFocus: () => (onPoint(cell), setEntered(geohash)),
              onBlur: () => onPoint(null),
              onClick: () => onChoose(geohash),
              onKeyDown: (event: Pressed) => onKey(event, geohash),
            })}
          >
            <circle class="reach" r={Math.max(radius, LEAST_REACH_PX).toFixed(1)} />
            {active > 0 && <ActiveMark key={active} count={active} radius={radius} roomPx={roomPx} hasArrived={hasArrived(cell)} />}
          </g>
        );
      })}
    </>
  );
}

/** The cell at which the keyboard comes to the map: the first of those wanted that is there, or else the one with most in alarm. */
function stopOf(cells: readonly MapCell[], wanted: readonly (string | null)[]): string | undefined {
  const known = new Set(cells.map(({ geohash }) => geohash));
  const most = cells.reduce<MapCell | undefined>((best, cell) => (best === undefined || cell.active > best.active ? cell : best), undefined);
  return wanted.find((geohash) => geohash !== null && known.has(geohash)) ?? most?.geohash;
}

/** Shape and, where there is room, number tell it as well as the colour does. */
function ActiveMark({ count, radius, roomPx, hasArrived }: { count: number; radius: number; roomPx: number; hasArrived: boolean }) {
  const [isArriving, setArriving] = useState(hasArrived);
  const hasRoom = roomPx >= LEAST_ROOM_PX;
  const text = count > 999 ? `${Math.floor(count / 1000)}k` : String(count);
  const half = hasRoom ? 6.5 + text.length * 2 : Math.max(3.5, roomPx * 0.34) + Math.min(2, Math.log10(count) * 1.5);
  return (
    <>
      <circle class={`ring ${isArriving ? 'is-arriving' : ''}`} onAnimationEnd={() => setArriving(false)} r={Math.max(radius, half) + 2} />
      <path class="diamond" d={`M0 ${-half}L${half} 0L0 ${half}L${-half} 0Z`} />
      {hasRoom && <text dy="0.35em">{text}</text>}
    </>
  );
}

function cellWidthPx(geohash: string, projection: GeoProjection): number {
  const [, west, , east] = boundsOf(geohash);
  const [left, right] = [projection([0, 0]), projection([east - west, 0])];
  return left === null || right === null ? 0 : Math.abs(right[0] - left[0]);
}
