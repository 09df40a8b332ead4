import { Fragment, type ComponentChildren } from 'preact';
import { ALARM_TYPES, type MapCell } from '../api.js';
import { useFormats } from '../format.js';
import { useTexts } from '../texts.js';
import { middleOf } from './map-projection.js';

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
  const { number } = useFormats();
  const place = usePlaceText();
  const ordered = [...cells].sort((a, b) => b.active - a.active || b.sensors - a.sensors || (a.geohash < b.geohash ? -1 : 1));
  const hasRow = cells.some(({ geohash }) => geohash === chosen);
  return (
    <div class="cell-table">
      {cells.length > 0 && !hasRow && children}
      <table class="numbers" data-testid="cell-table">
        <thead>
          <tr>
            <th scope="col">{texts.cells}</th>
            <th scope="col">{texts.sensors}</th>
            <th scope="col">{texts.active}</th>
            {ALARM_TYPES.map((type) => (
              <th key={type} scope="col">
                {texts.type[type]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ordered.map((cell) => (
            <Fragment key={cell.geohash}>
              <tr class={cell.active > 0 ? 'is-active' : ''} data-testid={`row-${cell.geohash}`}>
                <th scope="row">
                  <button type="button" class="as-link" aria-pressed={chosen === cell.geohash} onClick={() => onChoose(cell.geohash)}>
                    {texts.cell(cell.geohash)}
                  </button>{' '}
                  <small>{place(cell.geohash)}</small>
                </th>
                <td>{number(cell.sensors)}</td>
                <td>{number(cell.active)}</td>
                {ALARM_TYPES.map((type) => (
                  <td key={type}>{number(cell.byType[type])}</td>
                ))}
              </tr>
              {chosen === cell.geohash && (
                <tr>
                  <td colSpan={3 + ALARM_TYPES.length}>{children}</td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** `51° N, 0° W`, the middle of a cell. */
export function usePlaceText(): (geohash: string) => string {
  const { number } = useFormats();
  return (geohash) => {
    const [longitude, latitude] = middleOf(geohash);
    return `${number(Math.abs(Math.round(latitude)))}° ${latitude < 0 ? 'S' : 'N'}, ${number(Math.abs(Math.round(longitude)))}° ${longitude < 0 ? 'W' : 'E'}`;
  };
}
