import type { LoadAnswer } from '../api.js';
import { useFormats } from '../format.js';
import { useTextsOf } from '../texts.js';
import { LOAD_TEXTS } from './load-texts.js';

/** What each console had, the busiest first; a row chooses its zone. */
export function ConsoleTable({ load, onZone }: { load: LoadAnswer; onZone: (zone: string) => void }) {
  const texts = useTextsOf(LOAD_TEXTS);
  const { number, decimal, percent, length } = useFormats();
  const consoles = [...load.consoles].sort((one, other) => other.alarms - one.alarms);
  const lengthOf = (ms: number | null) => (ms === null ? '–' : length(ms));
  return (
    <section class="panel" aria-label={texts.consoles}>
      <div class="panel-head">
        <h2>{texts.consoles}</h2>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label={texts.consoles}>
        <table class="numbers" data-testid="consoles">
          <thead>
            <tr>
              <th scope="col">{texts.zone}</th>
              {Object.values(texts.columns).map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {consoles.map(({ zone, acknowledged: { p50Ms, p95Ms }, ...row }) => (
              <tr key={zone} data-testid={`console-${zone ?? 'none'}`}>
                <th scope="row">
                  {zone === null ? (
                    texts.unplaced
                  ) : (
                    <button type="button" class="as-link" onClick={() => onZone(zone)}>
                      {zone}
                    </button>
                  )}
                </th>
                <td>{number(row.alarms)}</td>
                <td class={`level ${row.level}`}>
                  {decimal(row.perPeriod)} <span class="unseen">{texts.levels[row.level]}</span>
                </td>
                <td class={row.mostInPeriod > load.thresholds.floodAbove ? 'is-over' : ''}>{number(row.mostInPeriod)}</td>
                <td class={row.floodPeriods > 0 ? 'is-over' : ''}>{percent(row.floodShare)}</td>
                <td>{decimal(row.perDay)}</td>
                <td>{number(row.mostInDay)}</td>
                <td>{lengthOf(p50Ms)}</td>
                <td>{lengthOf(p95Ms)}</td>
                <td class={row.stale > 0 ? 'is-over' : ''}>{number(row.stale)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
