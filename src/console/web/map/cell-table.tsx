import { Fragment, type ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { ALARM_TYPES, type MapCell } from '../api.js';
import { useFormats } from '../format.js';
import { TypeIcon } from '../icons.js';
import { useTexts, useTextsOf } from '../texts.js';
import { useGrowing } from '../use-growing.js';
import { middleOf } from './map-projection.js';
import { MAP_TEXTS } from './map-texts.js';

/** As many as are in sight at once, and some more. */
const STEP = 40;

interface Props {
  readonly cells: readonly MapCell[];
  /** It may be none of the cells: larger or smaller, as an address may have it, or without sensors. */
  readonly chosen: string | null;
  readonly onChoose: (geohash: string) => void;
  /** What is to be said of the chosen cell, under its row, or above all when it has none. */
  readonly children: ComponentChildren;
}

/** What the map shows, as a list: the cells with most sensors in alarm first. */
export function CellTable({ cells, chosen, onChoose, children }: Props) {
  const texts = useTexts();
  const ordered = useMemo(() => [...cells].sort((a, b) => b.active - a.active || b.sensors - a.sensors || (a.geohash < b.geohash ? -1 : 1)), [cells]);
  const shown = useGrowing(ordered.length, STEP);
  const hasRow = cells.some(({ geohash }) => geohash === chosen);
  return (
    <div class="cell-table">
      {cells.length > 0 && !hasRow && children}
      {/* The roles are told because some browsers take them from a table whose rows are laid out as these are. */}
      <table class="numbers" role="table" data-testid="cell-table">
        <thead role="rowgroup">
          <tr role="row">
            <th scope="col" role="columnheader">
              {texts.cells}
            </th>
            <th scope="col" role="columnheader">
              {texts.sensors}
            </th>
            <th scope="col" role="columnheader">
              {texts.active}
            </th>
            {ALARM_TYPES.map((type) => (
              <th key={type} scope="col" role="columnheader">
                <TypeIcon type={type} />
                <span class="type-name">{texts.type[type]}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {ordered.slice(0, shown).map((cell) => (
            <Fragment key={cell.geohash}>
              <Row cell={cell} isChosen={chosen === cell.geohash} onChoose={onChoose} />
              {chosen === cell.geohash && (
                <tr class="of-chosen" role="row">
                  <td colSpan={3 + ALARM_TYPES.length} role="cell">
                    {children}
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Drawn anew only when something of it has changed. */
function Row({ cell: { geohash, sensors, active, byType }, isChosen, onChoose }: { cell: MapCell; isChosen: boolean; onChoose: Props['onChoose'] }) {
  const texts = useTexts();
  const { number } = useFormats();
  const place = usePlaceText();
  return useMemo(
    () => (
      <tr class={active > 0 ? 'is-active' : ''} role="row" data-testid={`row-${geohash}`}>
        <th scope="row" role="rowheader">
          <button type="button" class="as-link" aria-pressed={isChosen} onClick={() => onChoose(geohash)}>
            {texts.cell(geohash)}
          </button>{' '}
          <small>{place(geohash)}</small>
        </th>
        <td role="cell">{number(sensors)}</td>
        <td role="cell">{number(active)}</td>
        {ALARM_TYPES.map((type) => (
          <td key={type} role="cell">
            {number(byType[type])}
          </td>
        ))}
      </tr>
    ),
    [geohash, sensors, active, ...ALARM_TYPES.map((type) => byType[type]), isChosen, onChoose, texts, number],
  );
}

/** `51° N, 0° W`, the middle of a cell. */
export function usePlaceText(): (geohash: string) => string {
  const { number } = useFormats();
  const { compass } = useTextsOf(MAP_TEXTS);
  const degrees = (angle: number, positive: string, negative: string) => `${number(Math.abs(Math.round(angle)))}° ${angle < 0 ? negative : positive}`;
  return (geohash) => {
    const [longitude, latitude] = middleOf(geohash);
    return `${degrees(latitude, compass.north, compass.south)}, ${degrees(longitude, compass.east, compass.west)}`;
  };
}
